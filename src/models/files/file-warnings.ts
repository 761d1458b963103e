import type { TextRule } from '../../core/text-rules.ts'
import type { ModelFileInfo } from '../../onnx/model-file.ts'
import type { Session } from '../../runtime/runtime.ts'
import { equalClassesText } from '../meaning/class-labels.ts'
import { unreadNamesText } from '../meaning/feature-names.ts'
import { wideInputText } from '../meaning/features.ts'
import type { ModelJson } from './model-json.ts'

/** Texts on faults of a file, and on parts of it that are served in an unexpected way. */
export function fileWarnings({ signature }: Session, info: ModelFileInfo, modelJson: ModelJson): string[] {
  const names = modelJson.features ? undefined : unreadNamesText(info.metadata)
  const texts = [wideInputText(signature), equalClassesText(info.labels?.classes), names]
  // Letters with a special lower case are too rare for a warning.
  const rules = info.textRules.filter(({ kind }) => kind !== 'special')
  const readings = rules.map((rule) => textRuleText(rule, modelJson.misreadText === 'allow'))
  return [...texts.filter((text) => text !== undefined), ...new Set(readings), ...info.knownFaults]
}

function textRuleText(rule: TextRule, isAllowed: boolean): string {
  const next = 'export the model again with tools/export_sklearn.py'
  const end = isAllowed ? 'model.json allows such text' : `such text is refused: ${next}`
  return `its Tokenizer ${misreadingOf(rule)}; ${end}`
}

function misreadingOf({ kind, pattern, hasPairs }: TextRule): string {
  if (kind === 'characters') return 'counts every space, where scikit-learn takes several as one'
  if (kind === 'upper') return 'stands behind a lower case of ASCII alone, and its words have other letters'
  if (kind !== 'words') return `has the pattern ${pattern}, which knows the ${kind} of ASCII alone`
  const pairs = hasPairs ? ' and takes single characters between words for words' : ''
  const what = `has the pattern ${pattern}, which skl2onnx writes in place of the default of scikit-learn`
  return `${what}: it cuts words with other letters apart${pairs}`
}

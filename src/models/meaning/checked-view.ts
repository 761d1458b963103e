import type { ModelView } from '../../core/model-view.ts'
import { NameIndex } from '../../core/name-index.ts'
import type { Session } from '../../runtime/runtime.ts'
import { checkKeys, nameByLabels, toKnownLabels, toOutputs } from './outputs.ts'
import { readFeatureNames } from './feature-names.ts'
import { toFeatures } from './features.ts'
import { fileWarnings } from '../files/file-warnings.ts'
import { findInputs } from '../tuning/sample-search.ts'
import { readFirstAnswer } from './classifier-probe.ts'
import { toDefaultRule } from './missing-rules.ts'
import type { ModelOptions } from '../model-options.ts'
import { toNetworkClassifier } from './network-classifier.ts'
import { classCount, toTask } from './task-by-types.ts'
import { withThreshold } from './label-threshold.ts'
import { leftOutTexts } from './unsupported-outputs.ts'
import { toRanges } from './usual-ranges.ts'

interface CheckedView {
  readonly view: ModelView
  /** Texts on what of the file cannot be served. */
  readonly warnings: readonly string[]
}

/** What a protocol sees of the model, as far as its own answers confirm it, and what of the file cannot be served. */
export async function toCheckedView(session: Session, options: ModelOptions): Promise<CheckedView> {
  const { info, description } = options
  const known = toView(session, options)
  const declared = { ...known, ...(await findInputs(session, known)) }
  const labelsFrom = description.labels ? 'model.json' : info.labels?.isCertain ? 'the file' : 'a guess'
  const { labels, labelIndex, warnings, ...found } = await readFirstAnswer(session, declared, labelsFrom)
  const task = withThreshold(found.task, labels, description.threshold)
  return {
    view: { ...declared, task, labels, labelIndex },
    warnings: [
      ...warnings,
      ...fileWarnings(session, info, description),
      ...leftOutTexts(session.signature, info, session.unsupportedOutputs),
    ],
  }
}

function toView({ signature }: Session, options: ModelOptions): ModelView {
  const { name, version, description, maxRows, maxAnswerBytes, info } = options
  const toDefault = toDefaultRule(signature, info.missing, options.exampleGaps)
  const features = toFeatures(signature, description.features, readFeatureNames(info.metadata), toDefault)
  const chosen = toOutputs(signature.outputs, info.fileNames, description.outputs)
  const byType = toTask(chosen.map(({ tensor }) => signature.outputs.find((spec) => spec.name === tensor)!))
  const task = toNetworkClassifier(byType, signature.outputs, info, description)
  const outputs = nameByLabels(chosen, signature.outputs, task, description)
  checkKeys(outputs, task)
  const known = toKnownLabels(info.labels?.classes, description.labels, task, classCount(signature, task))
  return {
    name,
    version,
    ...(description.description !== undefined && { description: description.description }),
    signature,
    features,
    featureIndex: new NameIndex(features.map((feature) => feature.name)),
    inputIndex: new NameIndex(signature.inputs.map((input) => input.name)),
    ranges: toRanges(features, description.outOfRange),
    textRules: description.misreadText === 'allow' ? [] : info.textRules,
    task,
    fileNames: info.fileNames,
    outputs,
    ...known,
    ignoresUnknown: description.unknownFeatures === 'ignore',
    jsonNan: options.jsonNan,
    maxAnswerBytes,
    maxRows: Math.min(maxRows, description.limits?.maxRows ?? maxRows),
  }
}

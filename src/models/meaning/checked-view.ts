import type { ModelView } from '../../core/model-view.ts'
import { NameIndex } from '../../core/name-index.ts'
import type { Session } from '../../runtime/runtime.ts'
import { checkKeys, nameByLabels, toKnownLabels, toOutputs } from './outputs.ts'
import { readFeatureNames } from './feature-names.ts'
import { toFeatures } from './features.ts'
import { fileWarnings } from '../files/file-warnings.ts'
import { findSampleRecipe } from '../tuning/sample-search.ts'
import { probeClassifier } from './classifier-probe.ts'
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
  const { info, modelJson } = options
  const known = toView(session, options)
  const declared = { ...known, ...(await findSampleRecipe(session, known)) }
  const labelsFrom = modelJson.labels ? 'model.json' : info.labels?.isCertain ? 'the file' : 'a guess'
  const { labels, labelIndex, warnings, ...found } = await probeClassifier(session, declared, labelsFrom)
  const task = withThreshold(found.task, labels, modelJson.threshold)
  return {
    view: { ...declared, task, labels, labelIndex },
    warnings: [
      ...warnings,
      ...fileWarnings(session, info, modelJson),
      ...leftOutTexts(session.signature, info, session.unsupportedOutputs),
    ],
  }
}

function toView({ signature }: Session, options: ModelOptions): ModelView {
  const { name, version, modelJson, maxRows, maxAnswerBytes, info } = options
  const toDefault = toDefaultRule(signature, info.missing, options.exampleGaps)
  const features = toFeatures(signature, modelJson.features, readFeatureNames(info.metadata), toDefault)
  const chosen = toOutputs(signature.outputs, info.fileNames, modelJson.outputs)
  const byType = toTask(chosen.map(({ tensor }) => signature.outputs.find((spec) => spec.name === tensor)!))
  const task = toNetworkClassifier(byType, signature.outputs, info, modelJson)
  const outputs = nameByLabels(chosen, signature.outputs, task, modelJson)
  checkKeys(outputs, task)
  const known = toKnownLabels(info.labels?.classes, modelJson.labels, task, classCount(signature, task))
  return {
    name,
    version,
    ...(modelJson.description !== undefined && { description: modelJson.description }),
    signature,
    features,
    featureIndex: new NameIndex(features.map((feature) => feature.name)),
    inputIndex: new NameIndex(signature.inputs.map((input) => input.name)),
    ranges: toRanges(features, modelJson.outOfRange),
    textRules: modelJson.misreadText === 'allow' ? [] : info.textRules,
    task,
    fileNames: info.fileNames,
    outputs,
    ...known,
    ignoresUnknown: modelJson.unknownFeatures === 'ignore',
    jsonNan: options.jsonNan,
    maxAnswerBytes,
    maxRows: Math.min(maxRows, modelJson.limits?.maxRows ?? maxRows),
  }
}

import type { ModelView } from '../../core/model-view.ts'
import { NameIndex } from '../../core/name-index.ts'
import type { Session } from '../../runtime/runtime.ts'
import { fileWarnings } from '../files/file-warnings.ts'
import type { ModelOptions } from '../model-options.ts'
import { findSampleRecipe } from '../tuning/sample-search.ts'
import { checkKeys, nameByLabels, toAnsweredOutputs } from './answered-outputs.ts'
import { toKnownLabels } from './class-labels.ts'
import { probeClassifier } from './classifier-probe.ts'
import type { LabelSource } from './classifier-probe.ts'
import { readFeatureNames } from './feature-names.ts'
import { toFeatures } from './features.ts'
import { withThreshold } from './label-threshold.ts'
import { toDefaultRule } from './missing-rules.ts'
import { toNetworkClassifier } from './network-classifier.ts'
import { scoreCountOf, toTask } from './task-by-types.ts'
import { leftOutTexts } from './unsupported-outputs.ts'
import { toRanges } from './usual-ranges.ts'

interface CheckedView {
  readonly view: ModelView
  /** Texts on parts of the file that cannot be served. */
  readonly warnings: readonly string[]
}

/**
 * Makes the view of a model from its file and model.json, and checks it against answers of the model.
 *
 * @throws Error if model.json does not fit the model.
 */
export async function toCheckedView(session: Session, options: ModelOptions): Promise<CheckedView> {
  const { info, modelJson } = options
  const known = toView(session, options)
  const declared = { ...known, ...(await findSampleRecipe(session, known)) }
  const probed = await probeClassifier(session, declared, labelSourceOf(options))
  const { labels, labelIndex } = probed
  const task = withThreshold(probed.task, labels, modelJson.threshold)
  return {
    view: { ...declared, task, labels, labelIndex },
    warnings: [
      ...probed.warnings,
      ...fileWarnings(session, info, modelJson),
      ...leftOutTexts(session.signature, info, session.unsupportedOutputs),
    ],
  }
}

function labelSourceOf({ info, modelJson }: ModelOptions): LabelSource {
  if (modelJson.labels) return 'model.json'
  return info.labels?.isCertain ? 'the file' : 'a guess'
}

function toView({ signature }: Session, options: ModelOptions): ModelView {
  const { name, version, modelJson, maxRows, maxAnswerBytes, info } = options
  const toDefault = toDefaultRule(signature, info.missing, options.exampleGaps)
  const features = toFeatures(signature, modelJson.features, readFeatureNames(info.metadata), toDefault)
  const chosen = toAnsweredOutputs(signature.outputs, info.fileNames, modelJson.outputs)
  const byTypes = toTask(chosen.map(({ tensor }) => signature.outputs.find((spec) => spec.name === tensor)!))
  const task = toNetworkClassifier(byTypes, signature.outputs, info, modelJson)
  const outputs = nameByLabels(chosen, signature.outputs, task, modelJson)
  checkKeys(outputs, task)
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
    ...toKnownLabels(info.labels?.classes, modelJson.labels, task, scoreCountOf(signature, task)),
    ignoresUnknown: modelJson.unknownFeatures === 'ignore',
    jsonNan: options.jsonNan,
    maxAnswerBytes,
    maxRows: Math.min(maxRows, modelJson.limits?.maxRows ?? maxRows),
  }
}

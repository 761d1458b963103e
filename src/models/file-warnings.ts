import type { ModelFileInfo } from '../onnx/model-file.ts'
import type { Session } from '../runtime/runtime.ts'
import { equalClassesText } from './answers.ts'
import { unreadNamesText } from './feature-names.ts'
import { wideInputText } from './features.ts'
import type { ModelPackage } from './package.ts'

/** What of the file is read, but not served as one would think. */
export function fileWarnings(
  { signature }: Session,
  { labels, metadata }: ModelFileInfo,
  { features }: ModelPackage,
): string[] {
  const names = features ? undefined : unreadNamesText(metadata)
  return [wideInputText(signature), equalClassesText(labels?.classes), names].filter((text) => text !== undefined)
}

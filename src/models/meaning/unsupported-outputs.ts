import type { Signature } from '../../core/signature.ts'
import type { ModelFileInfo } from '../../onnx/model-file.ts'

/** Texts on outputs that the server leaves out of all answers. @param notFetched Outputs that the runtime cannot return. */
export function leftOutTexts(
  { outputs }: Signature,
  { unsupported }: ModelFileInfo,
  notFetched: readonly string[],
): string[] {
  const served = new Set(outputs.map(({ name }) => name))
  const left = new Set([...unsupported.keys(), ...notFetched].filter((name) => !served.has(name)))
  return [...left].map((name) => `${unsupportedText(name, unsupported.get(name) ?? 'no tensor')}; it is left out`)
}

/** Says why an output cannot be answered, and the next step. */
export function unsupportedText(name: string, type: string): string {
  if (type.startsWith('sequence(map')) return `${onlyTensors(name, type)}: export it with options={"zipmap": False}`
  if (!type.startsWith('tensor(')) return `${onlyTensors(name, type)}: export it with a tensor as output`
  const supported = 'and only numbers of 8 to 64 bits, booleans and strings can be answered'
  return `output ${name} is ${type}, ${supported}: export it with a cast to float32 before it`
}

function onlyTensors(name: string, type: string): string {
  return `output ${name} is ${type}, and only tensors can be answered`
}

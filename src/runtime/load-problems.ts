import { elementTypeName } from '../onnx/value-info.ts'
import { SUPPORTED } from './runtime.ts'

// The oldest opset of the default domain whose operators mostly have a kernel.
const OLDEST_OPSET = 7

/** Messages of the runtime about models that it cannot load, and texts that say what was found and what to do. */
const PROBLEMS: readonly (readonly [RegExp, (groups: Readonly<Record<string, string>>) => string])[] = [
  [
    /Failed to construct locale with name:(?<locale>[\w.@-]+)/,
    ({ locale }) => {
      const next = `install it (Debian: the package locales), or export with the locale C`
      return `it works with text in the locale ${locale}, which this machine does not have: ${next}`
    },
  ],
  [
    /In Node, \(".*?", \w+, "(?<domain>[\w.]*)", -?\d+\).*No Op registered for (?<operator>\w+) with domain_version of (?<version>-?\d+)/s,
    ({ operator, domain, version }) => {
      const where = `opset ${version} of ${domain || 'ai.onnx'}`
      return `it uses the operator ${operator}, which ${where} does not have${nextVersion(domain)}`
    },
  ],
  [
    /Fatal error: (?<domain>[\w.]*):(?<operator>\w+)\(-?\d+\) is not a registered function\/op/,
    ({ operator, domain }) => {
      const name = `${operator} of ${domain || 'ai.onnx'}`
      return `it uses the operator ${name}, which the runtime does not have${nextVersion(domain)}`
    },
  ],
  [
    // A path that leaves the folder by itself is refused before. So this one is a symbolic link.
    /External data path escapes model directory\. External data path: "(?<path>[^"]*)"/,
    ({ path }) => {
      const next = 'put the file itself beside the model'
      return `its weights are in the file ${JSON.stringify(path)}, a link that leads out of its folder: ${next}`
    },
  ],
  [
    /Could not find an implementation for (?<operator>\w+)\((?<version>\d+)\)/,
    ({ operator, version }) => {
      const types = 'inputs of float32 or int64 for this operator'
      const next = `export it with ${Number(version) < OLDEST_OPSET ? `an opset of ${OLDEST_OPSET} or newer, or with ` : ''}${types}`
      return `the runtime cannot compute the operator ${operator} of version ${version} with these types: ${next}`
    },
  ],
  [
    /^Unsupported data type: (?<type>\d+)/,
    ({ type }) => {
      const next = 'only numbers of 8 to 64 bits, booleans and strings are: export it with a cast to float32 before it'
      return `an output holds ${elementTypeName(BigInt(type!))}, which is not supported; ${next}`
    },
  ],
]

/** Returns a text that says what to do; undefined if the message is not known. */
export function explainProblem(text: string): string | undefined {
  for (const [pattern, explain] of PROBLEMS) {
    const { groups } = pattern.exec(text) ?? {}
    if (groups) return explain(groups)
  }
  return undefined
}

function nextVersion(domain = ''): string {
  const newest = SUPPORTED.opsets.get(domain === 'ai.onnx' ? '' : domain)
  if (newest === undefined) return ': export it without'
  return `; up to ${newest} are computed: export it with a target_opset that has it, or without it`
}

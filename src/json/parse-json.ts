import { isUtf8 } from 'node:buffer'
import { withoutBareTokens } from './bare-tokens.ts'
import type { BareAs } from './bare-tokens.ts'
import { parseExactly } from './exact-json.ts'
import { invalid } from './input-problems.ts'
import { checkStructure } from './structure-limits.ts'

/** @throws ServingError INVALID_INPUT if a body is empty or not UTF-8. */
export function checkUtf8(body: Buffer): void {
  if (body.length === 0) throw invalid('', 'the body is empty: expected JSON')
  if (!isUtf8(body)) throw invalid('', 'the body is not valid UTF-8')
}

export interface ParseOptions {
  /** Numbers that a double changes become bigint or `Fraction`, see `parseExactly`. */
  readonly keepsIntegers?: boolean
  /** Replaces the tokens NaN and Infinity, which Python writes. By default they are refused. */
  readonly bareAs?: BareAs | undefined
  /** The place of the text, if it is not the whole body, such as `line 3`. */
  readonly line?: string | undefined
}

/**
 * Parses the text of a JSON body. Duplicate keys are not found here, but in `duplicate-keys.ts`.
 *
 * @throws ServingError INVALID_INPUT if the text is not JSON, nested too deep, or has too many arrays and objects.
 */
export function parseJson(text: string, { keepsIntegers = false, bareAs, line }: ParseOptions = {}): unknown {
  checkStructure(text)
  try {
    return keepsIntegers ? parseExactly(text) : JSON.parse(text)
  } catch (error) {
    // Valid JSON is never searched for bare tokens.
    if (bareAs && hasBareToken(text, bareAs)) {
      return parseJson(withoutBareTokens(text, bareAs), { keepsIntegers, line })
    }
    const subject = line === undefined ? 'the body' : 'it'
    const hint = /[\s:,[](?:NaN|-?Infinity)\b/.test(text) ? '; JSON has no NaN and no Infinity' : ''
    throw invalid(line ?? '', `${subject} is not valid JSON: ${(error as SyntaxError).message}${hint}`)
  }
}

function hasBareToken(text: string, bareAs: BareAs): boolean {
  return text.includes('NaN') || (bareAs === 'object' && text.includes('Infinity'))
}

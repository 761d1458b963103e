const MAX_LENGTH = 4000
const NOT_ASCII = /[^\x20-\x7E]/g

/**
 * Writes the header `x-warnings`, a JSON array of texts in ASCII. It is for formats of answers that cannot hold warnings.
 *
 * @returns The first warnings that fit into a header.
 */
export function toWarningsHeader(warnings: readonly string[]): string {
  let text = ''
  for (const warning of warnings) {
    const item = JSON.stringify(warning).replace(NOT_ASCII, escapeUnit)
    if (text.length + item.length > MAX_LENGTH) break
    text += text === '' ? item : `,${item}`
  }
  return `[${text}]`
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const MAX_LENGTH = 4000
const NOT_ASCII = /[^\x20-\x7E]/g

/**
 * The header `x-warnings`, for answers whose form has no place for warnings: a JSON array of texts, in ASCII.
 *
 * @returns As many of the warnings as a header may hold.
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

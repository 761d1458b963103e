const DAY_MS = 86_400_000
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATETIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)((?<=:\d{2}:\d{2})\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/

/** Days since 1970 of an ISO date, such as 2024-02-29; undefined where it is none. */
export function daysOf(text: string): number | undefined {
  if (!DATE.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  // 2023-02-30 would be the second of March.
  return new Date(ms || 0).toISOString().startsWith(text) ? ms / DAY_MS : undefined
}

/**
 * Seconds since 1970 of an ISO datetime, of a date too; UTC where it names no zone. Undefined where it is none. Nine
 * digits behind the point are read, of which a double holds six or seven.
 */
export function secondsOf(text: string): number | undefined {
  const [, date, time, fraction = '', zone = 'Z'] = DATETIME.exec(text) ?? []
  const days = daysOf(date ?? text)
  if (days === undefined || date === undefined) return days === undefined ? undefined : days * 86_400
  const ms = Date.parse(`${date}T${time}${zone}`)
  // Parsing a date forgets what is below a millisecond.
  return Number.isNaN(ms) ? undefined : ms / 1000 + Number(`0${fraction}`)
}

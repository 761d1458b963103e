const DAY_MS = 86_400_000
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATETIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)((?<=:\d{2}:\d{2})\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/

/** Returns the days since 1970 of an ISO date, such as 2024-02-29. Returns undefined for any other text. */
export function daysOf(text: string): number | undefined {
  if (!DATE.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  // `Date.parse` takes 2023-02-30 for the second of March.
  return new Date(ms || 0).toISOString().startsWith(text) ? ms / DAY_MS : undefined
}

/**
 * Returns the seconds since 1970 of an ISO datetime or date. Without a zone it is UTC. Returns undefined for any other
 * text. Up to nine digits behind the point are read. A double holds six or seven of them.
 */
export function secondsOf(text: string): number | undefined {
  const [, date, time, fraction = '', zone = 'Z'] = DATETIME.exec(text) ?? []
  const days = daysOf(date ?? text)
  if (days === undefined || date === undefined) return days === undefined ? undefined : days * 86_400
  const ms = Date.parse(`${date}T${time}${zone}`)
  // `Date.parse` drops the digits below a millisecond, so they are added here.
  return Number.isNaN(ms) ? undefined : ms / 1000 + Number(`0${fraction}`)
}

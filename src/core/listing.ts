const MAX_LISTED = 10
const MAX_NAME = 60

/** Lists names for an error text: at most ten, each cut at 60 characters, and the number of the others. */
export function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, MAX_LISTED)
    .map((name) => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name))
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

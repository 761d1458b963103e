const MAX_LISTED = 10
const MAX_NAME = 60

/** Names for an error text, whatever their number and length: at most ten of them, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, MAX_LISTED)
    .map((name) => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name))
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

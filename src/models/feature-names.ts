// Keys under which exporters and people keep the names of the columns in a file's metadata.
const KEYS = [
  'feature_names',
  'feature_names_in_',
  'features',
  'input_features',
  'column_names',
  'columns',
  'input_names',
]
const MAX_NAME = 200

/**
 * The names of the columns, as the metadata of a file tells them: a JSON array, a list as Python prints it, or names
 * separated by commas or lines.
 *
 * @returns Empty when there are none, or none that can be told apart.
 */
export function readFeatureNames(metadata: ReadonlyMap<string, string>): string[] {
  for (const key of KEYS) {
    const names = parseNames(metadata.get(key) ?? '')
    const isUsable = names.every((name) => name !== '' && name.length <= MAX_NAME)
    if (names.length > 0 && isUsable && new Set(names).size === names.length) return names
  }
  return []
}

function parseNames(text: string): string[] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  const list = parseArray(trimmed) ?? parseArray(trimmed.replaceAll("'", '"').replace(/^\((.*?),?\)$/s, '[$1]'))
  if (list) return list
  // A list that could not be read, or a single word, which may be anything.
  if (/^[[(]/.test(trimmed) || !/[,\n]/.test(trimmed)) return []
  const separator = trimmed.includes('\n') ? '\n' : ','
  return trimmed.split(separator).map((name) => name.trim())
}

function parseArray(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.map(String) : undefined
  } catch {
    return undefined
  }
}

// The metadata of a file may have the names of the columns under one of these keys. Exporters and people write them.
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
 * Reads the names of the columns from the metadata of a file. It may hold a JSON array, a list in the form of Python, or
 * names separated by commas or lines.
 *
 * @returns An empty array if there are no names, or if two of them are equal.
 */
export function readFeatureNames(metadata: ReadonlyMap<string, string>): string[] {
  for (const key of KEYS) {
    const names = parseNames(metadata.get(key) ?? '')
    const isUsable = names.every((name) => name !== '' && name.length <= MAX_NAME)
    if (names.length > 0 && isUsable && new Set(names).size === names.length) return names
  }
  return []
}

/** A warning if the metadata has a list of names, and no list of names could be used. */
export function unreadNamesText(metadata: ReadonlyMap<string, string>): string | undefined {
  const key = KEYS.find((each) => /^\s*[[(]/.test(metadata.get(each) ?? ''))
  if (key === undefined || readFeatureNames(metadata).length > 0) return undefined
  return `the names of the columns under ${key} in the metadata are not read: name them in model.json`
}

function parseNames(text: string): string[] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  const list = parseArray(trimmed) ?? parsePythonList(trimmed)
  if (list) return list
  // This is a list that could not be read, or a single word, which may mean anything.
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

// Python writes a text within apostrophes. If the text has an apostrophe, it uses quotation marks.
const PYTHON_TEXT = /(['"])((?:\\.|(?!\1)[^\\])*)\1\s*(,\s*|$)/suy

/** Parses a list or tuple of texts, as Python's `repr` writes it. */
function parsePythonList(text: string): string[] | undefined {
  const [, inner] = /^[[(]\s*(.*?)\s*[\])]$/s.exec(text) ?? []
  if (inner === undefined) return undefined
  const names: string[] = []
  const pattern = new RegExp(PYTHON_TEXT)
  while (pattern.lastIndex < inner.length) {
    const [found, , content] = pattern.exec(inner) ?? []
    const name = found === undefined ? undefined : unescape(content!)
    if (name === undefined) return undefined
    names.push(name)
  }
  return names
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' }

/** @returns undefined if there is an escape that `repr` never writes. */
function unescape(content: string): string | undefined {
  let isKnown = true
  const pattern = /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gs
  const text = content.replace(pattern, (_all, ...[x, u, long, one]: (string | undefined)[]) => {
    const code = x ?? u ?? long
    const escaped = code === undefined ? ESCAPES[one!] : String.fromCodePoint(Number.parseInt(code, 16))
    isKnown &&= escaped !== undefined
    return escaped ?? ''
  })
  return isKnown ? text : undefined
}

import { MAX_EXAMPLE_NUMBERS } from '../../protocols/predict/example-body.ts'

/**
 * Copies the OpenAPI document for the page `/docs`, without long lists of properties and values. With a thousand of them,
 * the page takes seconds to open an operation. `/openapi.json` has all of them.
 *
 * @param node The document, or a part of it. It is not changed.
 */
export function withoutLongLists(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutLongLists)
  if (typeof node !== 'object' || node === null) return node
  const schema = node as Record<string, unknown>
  const { properties, required: _names, additionalProperties: _others, ...withoutMembers } = schema
  const { enum: values, ...withoutValues } = schema
  if (isLongList(properties)) return { ...withoutMembers, description: countNote('properties', properties) }
  if (Array.isArray(values) && isLongList(values)) return { ...withoutValues, description: countNote('values', values) }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withoutLongLists(value)]))
}

function isLongList(list: unknown): list is object {
  return typeof list === 'object' && list !== null && Object.keys(list).length > MAX_EXAMPLE_NUMBERS
}

function countNote(what: string, list: object): string {
  return `${Object.keys(list).length} ${what}: /openapi.json lists them`
}

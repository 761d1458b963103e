import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { codeBlocks } from '../support/markdown.ts'
import { pages } from '../support/pages.ts'
import { ROOT } from '../support/paths.ts'

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

/** The text of a page without its code. */
const withoutCode = (markdown: string): string => markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')

/** The anchors that GitHub makes of the headings of a page. */
function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm)
  return new Set(Array.from(headings, ([, text]) => toAnchor(text!)))
}

function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** Targets of links within the repository that lead nowhere. */
function brokenLinks(page: string): string[] {
  const targets = Array.from(withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target!)
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false
    const [path, anchor] = target.split('#', 2)
    const file = path ? join(dirname(page), path) : page
    if (!existsSync(join(ROOT, file))) return true
    return anchor !== undefined && !anchorsOf(read(file)).has(anchor)
  })
}

test('the reader of links finds the links of the pages', () => {
  expect(anchorsOf('# `POST /predict`\n\n## Missing values\n')).toEqual(new Set(['post-predict', 'missing-values']))
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/predict.md', 'docs/protocols/v1.md']))
})

test.each(pages)('every link of %s leads to a file and a heading that exist', (page) => {
  expect(brokenLinks(page)).toEqual([])
})

test.each(['docs/predict.md', 'docs/settings.md', 'docs/operations.md', 'docs/export.md', 'docs/from-fastapi.md'])(
  '%s begins with a command',
  (page) => {
    expect(read(page)).toMatch(/^# .+\n\n```/)
    expect(codeBlocks(read(page))[0]!.text).toMatch(/^(curl|node|pip|python) /)
  },
)

test('every decision record has its own number, also in its title', () => {
  const records = readdirSync(join(ROOT, 'docs/decisions')).toSorted()
  const numbers = records.map((record) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(record)?.[1]))
  const titles = records.map((record) => Number(/^# (\d+)\. /.exec(read(`docs/decisions/${record}`))?.[1]))
  expect(numbers).toEqual(records.map((_, index) => index + 1))
  expect(titles).toEqual(numbers)
})

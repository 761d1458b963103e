import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { helpText } from '../../src/process/command.ts'
import { SETTING_LIST } from '../../src/process/settings.ts'
import { ROOT } from '../support/paths.ts'

describe('the table of settings', () => {
  test('the text of --help is what docs/settings.md lists (write it again with: npm run settings)', () => {
    const page = readFileSync(join(ROOT, 'docs/settings.md'), 'utf8')
    const [, list] = page.split(/<!-- made by npm run settings: (?:begin|end) -->/)
    expect(list?.trim()).toBe(`\`\`\`text\n${helpText().trimEnd()}\n\`\`\``)
  })

  test('each variable has the name of its flag, in capitals', () => {
    for (const [, { flag, variable }] of SETTING_LIST) {
      expect(variable).toBe(flag.toUpperCase().replaceAll('-', '_'))
    }
  })

  test('the schema of each setting accepts its default', () => {
    for (const [, { flag, schema, default: fallback }] of SETTING_LIST) {
      expect(schema.safeParse(fallback).error, `--${flag}`).toBeUndefined()
    }
  })
})

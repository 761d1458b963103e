// Writes the list of settings in docs/settings.md from the table in the code: npm run settings
import { readFileSync, writeFileSync } from 'node:fs'
import { helpText } from '../dist/process/command.js'

const PAGE = new URL('../docs/settings.md', import.meta.url)
const [BEGIN, END] = ['<!-- made by npm run settings: begin -->', '<!-- made by npm run settings: end -->']

const page = readFileSync(PAGE, 'utf8')
const [before, after] = [page.split(BEGIN)[0], page.split(END)[1]]
if (after === undefined) throw new Error(`docs/settings.md: expected the line ${END}`)
writeFileSync(PAGE, `${before}${BEGIN}\n\n\`\`\`text\n${helpText().trimEnd()}\n\`\`\`\n\n${END}${after}`)

// Writes docs/model.schema.json from the schema in the code: npm run schema
import { writeFileSync } from 'node:fs'
import { modelJsonSchema } from '../dist/models/files/model-json.js'

const file = new URL('../docs/model.schema.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(modelJsonSchema(), null, 2)}\n`)

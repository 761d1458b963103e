import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.ts'

/** Pages of a folder as paths from the root of the repository. */
export function pagesIn(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder)).filter((file) => file.endsWith('.md'))
  return files.map((file) => join(folder, file)).toSorted()
}

/** Every page that people read. */
export const pages: readonly string[] = ['.', 'docs', 'docs/protocols', 'docs/platforms', 'docs/decisions'].flatMap(
  pagesIn,
)

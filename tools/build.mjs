// Compiles src/ into dist/: npm run build
//
// A server may run from dist/ meanwhile, and start workers and import files from there. So nothing is missing at any
// moment: the compiler writes to another folder, and each file is then moved over the old one. A build that fails changes
// nothing.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** @returns {string[]} Paths of the files, relative to the folder. */
function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

// On the same file system as dist/, because a file cannot be moved to another one.
const fresh = mkdtempSync(join(root, '.build-'))
try {
  const { status } = spawnSync('node_modules/.bin/tsc', ['--outDir', fresh], { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
  if (status === 0) replaceDist()
} finally {
  rmSync(fresh, { recursive: true })
}

function replaceDist() {
  cpSync(join(root, 'src/grpc/inference.proto'), join(fresh, 'grpc/inference.proto'))
  const files = filesIn(fresh)
  const stale = new Set(existsSync(dist) ? filesIn(dist) : [])
  for (const file of files) {
    mkdirSync(dirname(join(dist, file)), { recursive: true })
    renameSync(join(fresh, file), join(dist, file))
    stale.delete(file)
  }
  for (const file of stale) rmSync(join(dist, file))
}

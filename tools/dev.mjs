// Compiles src/ on every change and restarts the server: npm run dev -- [flags of the server]
//
// `node --watch` would not notice a changed file that only the worker processes import.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const flags = process.argv.slice(2)
// The compiler is a child of its launcher, so it has a process group of its own that can be ended as a whole.
const compiler = spawn('node_modules/.bin/tsc', ['--watch', '--preserveWatchOutput'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
})
let server
let isStopping = false

async function restart() {
  if (server && server.exitCode === null && server.signalCode === null) {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  if (!isStopping) server = spawn(process.execPath, ['dist/main.js', ...flags], { stdio: 'inherit' })
}

function stop() {
  isStopping = true
  if (compiler.pid !== undefined) process.kill(-compiler.pid)
  server?.kill('SIGTERM')
}

process.on('SIGINT', stop).on('SIGTERM', stop)
// Restarts follow each other, also if a file changes while the server stops.
for await (const line of createInterface({ input: compiler.stdout })) {
  if (line !== '') console.log(line)
  if (line.includes('Found 0 errors')) await restart()
}

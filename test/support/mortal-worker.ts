import { pathToFileURL } from 'node:url'
import type { Tensors } from '../../src/core/tensor.ts'
import type { Session } from '../../src/runtime/runtime.ts'
import { temporaryFile } from './folders.ts'
import { WORKER_ENTRY } from './paths.ts'

const [CHANNEL, FILE] = ['worker-channel.js', 'shared-file.js'].map((name) => new URL(name, WORKER_ENTRY).href)

/** A worker that echoes what it is to compute; the number 666 ends it as `act` says. */
const mortal = (act: string, atLoad = '') => `import { serialize } from 'node:v8'
  import { openChannel } from '${CHANNEL}'
  import { SharedFile } from '${FILE}'
  const signature = { inputs: [], outputs: [{ name: 'x', dataType: 'float32', shape: [-1] }] }
  const channel = openChannel(new SharedFile(4), new SharedFile(5))
  for (let received = channel.receive(); received; received = channel.receive()) {
    const { call, bytes } = received
    if (call.kind === 'load') {
      ${atLoad}
      channel.reply({ kind: 'loaded' }, [serialize({ signature, unsupportedOutputs: [], loadMs: 1 })])
    }
    if (call.kind === 'dispose') channel.reply({ kind: 'disposed' })
    for (const [index, { inputs }] of (call.runs ?? []).entries()) {
      const own = Buffer.from(bytes).subarray(8 * index, 8 * index + 4)
      if (own.readFloatLE() === 666) { ${act} }
      channel.reply({ kind: 'outputs', outputs: inputs }, [own])
    }
  }`

export const FAULT = `process.kill(process.pid, 'SIGFPE'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`

/**
 * The entry of a worker that echoes one number a run.
 *
 * @param act What it does when it is to compute the number 666; by default it dies of a fault.
 * @param atLoad What it does before it has loaded a model.
 */
export function mortalEntry(act = FAULT, atLoad = ''): URL {
  return pathToFileURL(temporaryFile('mortal.mjs', mortal(act, atLoad)))
}

export function number(value: number): Tensors {
  return new Map([['x', { dataType: 'float32', shape: [1], data: new Float32Array([value]) }]])
}

export async function echo(session: Session, value: number): Promise<number> {
  return ((await session.run(number(value))).get('x')!.data as Float32Array)[0]!
}

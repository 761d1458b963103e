import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

const QUIET_TURN_MS = 0.2
const MAX_STOP_MS = 2000

/**
 * Takes no more connections from a moment on at which none waits to be accepted: the system would cut it.
 *
 * Nothing is read meanwhile. So turns of the event loop are short, and hardly anybody comes between the last look for new
 * connections and the end of listening. When this resolves, all that has come has been read.
 *
 * @param sockets Those that are open. The caller adds and removes them.
 */
export async function stopListening(server: Server, sockets: ReadonlyMap<Socket, unknown>): Promise<void> {
  let made = 0
  const onConnection = (socket: Socket): void => {
    made++
    // Node's own listener begins to read in the next tick.
    process.nextTick(() => socket.pause())
  }
  for (const socket of sockets.keys()) socket.pause()
  server.on('connection', onConnection)
  await untilQuiet(() => made)
  server.close()
  server.off('connection', onConnection)
  for (const socket of sockets.keys()) socket.resume()
  // Reading begins in the next tick, and two turns are one whole look at all sockets.
  for (let turn = 0; turn < 2; turn++) await nextTurn()
}

/** Resolves after a turn of the event loop in which nobody came and little else was done. */
async function untilQuiet(made: () => number): Promise<void> {
  const startedAt = performance.now()
  for (let turnAt = startedAt; turnAt < startedAt + MAX_STOP_MS;) {
    const before = made()
    await nextTurn()
    const now = performance.now()
    if (made() === before && now - turnAt < QUIET_TURN_MS) return
    turnAt = now
  }
}

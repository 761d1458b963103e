import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

// A turn of the event loop that takes less has done hardly anything.
const QUIET_TURN_MS = 0.2
const MAX_STOP_MS = 2000

/**
 * Stops listening at a moment when no connection waits to be accepted. The system would reset such a connection.
 *
 * Until then no socket is read. So turns of the event loop are short, and a new connection between the last look and the
 * end of listening is unlikely. When this resolves, everything that has arrived has been read.
 *
 * @param sockets The open sockets. The caller keeps this collection up to date.
 */
export async function stopListening(server: Server, sockets: ReadonlyMap<Socket, unknown>): Promise<void> {
  let made = 0
  const onConnection = (socket: Socket): void => {
    made++
    // Node's listener for connections starts to read in the next tick.
    process.nextTick(() => socket.pause())
  }
  for (const socket of sockets.keys()) socket.pause()
  server.on('connection', onConnection)
  await untilQuiet(() => made)
  server.close()
  server.off('connection', onConnection)
  for (const socket of sockets.keys()) socket.resume()
  // Reading starts in the next tick. Within two turns of the event loop, every socket is read once.
  for (let turn = 0; turn < 2; turn++) await nextTurn()
}

/** Resolves after a short turn of the event loop that brought no connection, or after `MAX_STOP_MS`. */
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

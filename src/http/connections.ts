import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

// While the server closes, a request whose body still arrives gets this long to become complete.
const ARRIVAL_GRACE_MS = 2000
// A connection that has just been made gets this long to send its request.
const FIRST_REQUEST_GRACE_MS = 100

const QUIET_TURN_MS = 0.2
const MAX_STOP_MS = 200

/** Knows which requests each connection still waits for; Node tells that of none that are pipelined. */
export interface Connections {
  /** Requests of this connection that are not answered yet. */
  unanswered(socket: Socket): number
  /** Calls back once every request that has arrived whole is answered, at once if that is so. */
  whenAnswered(socket: Socket, callback: () => void): void
  /** Takes no more connections from a moment on at which none waits to be accepted: the system would cut it. */
  stopListening(): Promise<void>
  /** Drops connections that wait for no answer, soon also those that never ask and whose request never gets complete. */
  closeUnused(): void
}

interface Connection {
  /** Something was asked on it. */
  isUsed: boolean
  /** Of requests that are not answered yet, in order. */
  readonly responses: ServerResponse[]
  readonly whenAnswered: (() => void)[]
}

export function trackConnections(server: Server): Connections {
  const connections = new Map<Socket, Connection>()
  let made = 0

  server.on('connection', (socket) => {
    const connection: Connection = { isUsed: false, responses: [], whenAnswered: [] }
    connections.set(socket, connection)
    made++
    socket.once('close', () => {
      connections.delete(socket)
      // Of pipelined answers only the first is told by Node; whoever waits for the others must know as well.
      setImmediate(() => {
        for (const response of connection.responses.splice(0)) response.emit('close')
      })
    })
  })
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket)
    if (!connection) return
    connection.isUsed = true
    connection.responses.push(response)
    response.on('close', () => {
      const at = connection.responses.indexOf(response)
      if (at !== -1) connection.responses.splice(at, 1)
      if (!hasWhole(connection)) for (const callback of connection.whenAnswered.splice(0)) callback()
    })
  })

  return {
    unanswered: (socket) => connections.get(socket)?.responses.length ?? 0,
    whenAnswered(socket, callback) {
      const connection = connections.get(socket)
      if (connection && hasWhole(connection)) connection.whenAnswered.push(callback)
      else callback()
    },
    stopListening: () => stopListening(server, () => made),
    closeUnused: () => closeUnused(connections),
  }
}

async function stopListening(server: Server, made: () => number): Promise<void> {
  const startedAt = performance.now()
  for (let turnAt = startedAt; turnAt < startedAt + MAX_STOP_MS;) {
    const before = made()
    await nextTurn()
    const now = performance.now()
    // A short turn in which nobody came: there is hardly a moment in which somebody could have come since.
    if (made() === before && now - turnAt < QUIET_TURN_MS) break
    turnAt = now
  }
  server.close()
}

function closeUnused(connections: ReadonlyMap<Socket, Connection>): void {
  const destroyAll = (isUnused: (connection: Connection) => boolean): void => {
    for (const [socket, connection] of connections) if (isUnused(connection)) socket.destroy()
  }
  destroyAll(({ isUsed, responses }) => isUsed && responses.length === 0)
  setTimeout(destroyAll, FIRST_REQUEST_GRACE_MS, ({ responses }: Connection) => responses.length === 0).unref()
  setTimeout(destroyAll, ARRIVAL_GRACE_MS, (connection: Connection) => !hasWhole(connection)).unref()
}

/** Whether a request that has arrived whole is unanswered. */
function hasWhole({ responses }: Connection): boolean {
  return responses.some(({ req }) => req.complete)
}

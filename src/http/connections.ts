import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

// While the server closes, a request whose body still arrives gets this long to become complete.
const ARRIVAL_GRACE_MS = 2000

/** Knows which requests each connection still waits for; Node tells that of none that are pipelined. */
export interface Connections {
  /** Requests of this connection that are not answered yet. */
  unanswered(socket: Socket): number
  /** Calls back once every request that has arrived whole is answered, at once if that is so. */
  whenAnswered(socket: Socket, callback: () => void): void
  /** Drops connections that wait for no answer, and soon those whose request never gets complete. */
  closeUnused(): void
}

interface Connection {
  readonly exchanges: Map<ServerResponse, IncomingMessage>
  readonly whenAnswered: (() => void)[]
}

export function trackConnections(server: Server): Connections {
  const connections = new Map<Socket, Connection>()

  server.on('connection', (socket) => {
    const connection: Connection = { exchanges: new Map(), whenAnswered: [] }
    connections.set(socket, connection)
    socket.once('close', () => {
      connections.delete(socket)
      // Of pipelined answers only the first is told by Node; whoever waits for the others must know as well.
      setImmediate(() => {
        for (const response of connection.exchanges.keys()) response.emit('close')
      })
    })
  })
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket)
    if (!connection) return
    connection.exchanges.set(response, request)
    response.on('close', () => {
      connection.exchanges.delete(response)
      if (!hasWhole(connection)) for (const callback of connection.whenAnswered.splice(0)) callback()
    })
  })

  return {
    unanswered: (socket) => connections.get(socket)?.exchanges.size ?? 0,
    whenAnswered(socket, callback) {
      const connection = connections.get(socket)
      if (connection && hasWhole(connection)) connection.whenAnswered.push(callback)
      else callback()
    },
    closeUnused() {
      for (const [socket, { exchanges }] of connections) if (exchanges.size === 0) socket.destroy()
      setTimeout(() => {
        for (const [socket, connection] of connections) if (!hasWhole(connection)) socket.destroy()
      }, ARRIVAL_GRACE_MS).unref()
    },
  }
}

/** Whether a request that has arrived whole is unanswered. */
function hasWhole({ exchanges }: Connection): boolean {
  return [...exchanges.values()].some((request) => request.complete)
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HttpError } from './errors.ts'
import { stopListening } from './stop-listening.ts'

// While the server closes, a request whose body still arrives gets this long to become complete.
const ARRIVAL_GRACE_MS = 2000
// Then its client gets this long to read that the server stops.
const REFUSAL_GRACE_MS = 1000
// A connection that waits for no answer gets this long to send a request, from its last answer on.
const REQUEST_GRACE_MS = 300

/** Knows which requests each connection still waits for. Node emits no event for pipelined ones behind the first. */
export interface Connections {
  /** Requests of this connection that are not answered yet. */
  unanswered(socket: Socket): number
  /** No request of this connection has come behind the one that this answers. */
  isLast(response: ServerResponse): boolean
  /** Calls back once every request that has arrived whole is answered, at once if that is so. */
  whenAnswered(socket: Socket, callback: () => void): void
  /** Takes no more connections; those that wait to be accepted are accepted before. */
  stopListening(): Promise<void>
  /** Ends connections that wait for no answer, now and later, and refuses requests that do not arrive whole in time. */
  closeUnused(): void
}

interface Connection {
  /** When it was made, or has last been answered. */
  idleSince: number
  /** Of requests that are not answered yet, in order. */
  readonly responses: ServerResponse[]
  readonly whenAnswered: (() => void)[]
}

export function trackConnections(server: Server): Connections {
  const connections = new Map<Socket, Connection>()
  let isClosing = false

  // Node would end idle connections as soon as the server closes, also those whose request is on its way.
  server.closeIdleConnections = () => undefined
  server.on('connection', (socket) => {
    const connection: Connection = { idleSince: performance.now(), responses: [], whenAnswered: [] }
    connections.set(socket, connection)
    socket.once('close', () => {
      connections.delete(socket)
      // Node emits `close` for the first of pipelined answers alone; the others have listeners as well.
      setImmediate(() => {
        for (const response of connection.responses.splice(0)) response.emit('close')
      })
    })
  })
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(socket)
    if (!connection) return
    connection.responses.push(response)
    response.on('close', () => {
      const at = connection.responses.indexOf(response)
      if (at !== -1) connection.responses.splice(at, 1)
      if (!hasWhole(connection)) for (const callback of connection.whenAnswered.splice(0)) callback()
      connection.idleSince = performance.now()
      if (isClosing) endWhenIdle(socket, connection)
    })
  })

  return {
    unanswered: (socket) => connections.get(socket)?.responses.length ?? 0,
    isLast(response) {
      const { responses = [] } = connections.get(response.req.socket) ?? {}
      return responses.length === 0 || responses.at(-1) === response
    },
    whenAnswered(socket, callback) {
      const connection = connections.get(socket)
      if (connection && hasWhole(connection)) connection.whenAnswered.push(callback)
      else callback()
    },
    stopListening: () => stopListening(server, connections),
    closeUnused() {
      isClosing = true
      closeUnused(connections)
    },
  }
}

function closeUnused(connections: ReadonlyMap<Socket, Connection>): void {
  for (const [socket, connection] of connections) endWhenIdle(socket, connection)
  setTimeout(() => {
    for (const { responses } of connections.values()) for (const { req } of responses) refuseIncomplete(req)
    setTimeout(() => {
      for (const [socket, connection] of connections) if (!hasWhole(connection)) socket.destroy()
    }, REFUSAL_GRACE_MS).unref()
  }, ARRIVAL_GRACE_MS).unref()
}

/** Ends a connection that waits for no answer, unless it sends a request within its time. */
function endWhenIdle(socket: Socket, connection: Connection): void {
  if (!isIdle(connection)) return
  const leftMs = connection.idleSince + REQUEST_GRACE_MS - performance.now()
  const end = (): void => {
    if (isIdle(connection)) socket.destroy()
  }
  // Timers run before sockets are read, so a request may have come: the immediate runs after.
  if (leftMs > 0) setTimeout(setImmediate, leftMs, end).unref()
  else end()
}

/** Whoever reads the body answers with its error. */
function refuseIncomplete(request: IncomingMessage): void {
  if (request.complete || request.listenerCount('error') === 0) return
  const text = 'the server stops, and the rest of the body has not come: send the request again'
  request.emit('error', new HttpError(503, 'STOPPING', text))
}

function isIdle({ responses }: Connection): boolean {
  return responses.length === 0
}

/** Whether a request that has arrived whole is unanswered. */
function hasWhole({ responses }: Connection): boolean {
  return responses.some(({ req }) => req.complete)
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HttpError } from './errors/http-error.ts'
import { stopListening } from './stop-listening.ts'

// While the server closes, a request whose body still arrives gets this time to become complete.
const ARRIVAL_GRACE_MS = 2000
// Then its client gets this time to read that the server stops.
const REFUSAL_GRACE_MS = 1000
// After its last answer, a connection gets this time to send another request.
const REQUEST_GRACE_MS = 300

/**
 * Knows which requests of each connection are not answered yet. If a connection breaks, Node emits `close` only for the
 * first of its pipelined responses. So this keeps all of them, and emits `close` for the others.
 */
export interface Connections {
  /** The number of requests of this connection that are not answered yet. */
  unanswered(socket: Socket): number
  /** True if no request has arrived on the connection after the one that this response answers. */
  isLast(response: ServerResponse): boolean
  /** Calls back when every request that has arrived completely is answered. That may be at once. */
  whenAnswered(socket: Socket, callback: () => void): void
  /** Accepts the connections that wait to be accepted, then no more. */
  stopListening(): Promise<void>
  /**
   * From now on, ends each connection that waits for no answer. Refuses requests that do not arrive completely in time.
   */
  closeUnused(): void
}

interface Connection {
  readonly socket: Socket
  /** Time of the last answer, or of the start of the connection. In milliseconds of `performance.now()`. */
  idleSince: number
  /** The responses to requests that are not answered yet, in the order of the requests. */
  readonly responses: ServerResponse[]
  readonly whenAnswered: (() => void)[]
}

/** Tracks the connections of this server from now on. Must be called before the server listens. */
export function trackConnections(server: Server): Connections {
  const connections = new Map<Socket, Connection>()
  let isClosing = false

  // When a server closes, Node ends idle connections at once. A request may be on its way on one of them.
  server.closeIdleConnections = () => undefined
  server.on('connection', (socket) => addConnection(connections, socket))
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(socket)
    if (!connection) return
    connection.responses.push(response)
    response.on('close', () => {
      removeResponse(connection, response)
      if (isClosing) endWhenIdle(connection)
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
      if (connection && hasComplete(connection)) connection.whenAnswered.push(callback)
      else callback()
    },
    stopListening: () => stopListening(server, connections),
    closeUnused() {
      isClosing = true
      closeUnused(connections)
    },
  }
}

function addConnection(connections: Map<Socket, Connection>, socket: Socket): void {
  const connection: Connection = { socket, idleSince: performance.now(), responses: [], whenAnswered: [] }
  connections.set(socket, connection)
  socket.once('close', () => {
    connections.delete(socket)
    // Node has emitted `close` only for the first of several pipelined responses. The others have listeners as well.
    setImmediate(() => {
      for (const response of connection.responses.splice(0)) response.emit('close')
    })
  })
}

function removeResponse(connection: Connection, response: ServerResponse): void {
  const at = connection.responses.indexOf(response)
  if (at !== -1) connection.responses.splice(at, 1)
  if (!hasComplete(connection)) for (const callback of connection.whenAnswered.splice(0)) callback()
  connection.idleSince = performance.now()
}

function closeUnused(connections: ReadonlyMap<Socket, Connection>): void {
  for (const connection of connections.values()) endWhenIdle(connection)
  setTimeout(() => {
    for (const { responses } of connections.values()) for (const { req } of responses) refuseIncomplete(req)
    setTimeout(() => {
      for (const connection of connections.values()) if (!hasComplete(connection)) connection.socket.destroy()
    }, REFUSAL_GRACE_MS).unref()
  }, ARRIVAL_GRACE_MS).unref()
}

/** Ends a connection that waits for no answer. If its last answer is recent, a new request within the time keeps it. */
function endWhenIdle(connection: Connection): void {
  if (!isIdle(connection)) return
  const leftMs = connection.idleSince + REQUEST_GRACE_MS - performance.now()
  const end = (): void => {
    if (isIdle(connection)) connection.socket.destroy()
  }
  // Timers run before sockets are read. The immediate runs after, when a request that has arrived is known.
  if (leftMs > 0) setTimeout(setImmediate, leftMs, end).unref()
  else end()
}

/** The reader of the body listens for the error, and answers with it. */
function refuseIncomplete(request: IncomingMessage): void {
  if (request.complete || request.listenerCount('error') === 0) return
  const text = 'the server stops, and the rest of the body has not come: send the request again'
  request.emit('error', new HttpError(503, 'STOPPING', text))
}

function isIdle({ responses }: Connection): boolean {
  return responses.length === 0
}

/** True if a request that has arrived completely is not answered yet. */
function hasComplete({ responses }: Connection): boolean {
  return responses.some(({ req }) => req.complete)
}

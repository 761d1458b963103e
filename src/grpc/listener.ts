import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { GrpcOptions, GrpcTransport } from './server.ts'

export interface GrpcServer {
  /**
   * @returns The port.
   * @throws Error if it cannot listen on this port.
   */
  listen(host: string, port: number): Promise<number>
  /** Sends the current health of the server to its watchers. */
  updateHealth(): void
  /** Answers every accepted call, then ends. */
  close(): Promise<void>
}

/**
 * Makes the server of the gRPC port. It does not listen yet.
 *
 * The library takes as much time and memory as the rest of the server, and many servers never get a call. So it is loaded
 * for the first connection, which waits for it.
 */
export function createGrpcServer(options: GrpcOptions): GrpcServer {
  let loading: Promise<GrpcTransport> | undefined
  let transport: GrpcTransport | undefined
  const load = async (): Promise<GrpcTransport> => {
    const { buildGrpcTransport } = await import('./server.ts')
    return (transport = buildGrpcTransport(options))
  }
  const accept = async (socket: Socket): Promise<void> => {
    // A client may leave while the library loads.
    socket.on('error', () => undefined)
    const loaded = await (loading ??= load())
    loaded.accept(socket)
  }
  const listener = createServer({ noDelay: true }, (socket) => void accept(socket))

  return {
    async listen(host, port) {
      listener.listen({ host, port })
      await once(listener, 'listening')
      return (listener.address() as AddressInfo).port
    },
    updateHealth: () => transport?.updateHealth(),
    async close() {
      listener.close()
      await (await loading)?.close()
    },
  }
}

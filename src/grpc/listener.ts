import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { GrpcOptions, GrpcTransport } from './server.ts'

export interface GrpcServer {
  /**
   * @returns The port.
   * @throws Error when it cannot listen there.
   */
  listen(host: string, port: number): Promise<number>
  /** Tells those who watch the server's health how it is now. */
  updateHealth(): void
  /** Answers what was accepted, then ends. */
  close(): Promise<void>
}

/**
 * The port of gRPC; does not listen yet. The library is loaded for the first connection, which waits for it: many servers
 * never have one, and it takes as much time and memory as everything else of the server.
 */
export function createGrpcServer(options: GrpcOptions): GrpcServer {
  let loading: Promise<GrpcTransport> | undefined
  let transport: GrpcTransport | undefined
  const load = async (): Promise<GrpcTransport> => {
    const { buildGrpcTransport } = await import('./server.ts')
    return (transport = buildGrpcTransport(options))
  }
  const accept = async (socket: Socket): Promise<void> => {
    // A client may leave before it is served.
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

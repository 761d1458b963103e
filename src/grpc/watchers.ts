import { ServerInterceptingCall, ServerListenerBuilder, status } from '@grpc/grpc-js'
import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js'

/** Streams of other services, for health and reflection. They are open until their clients end them. */
export interface Watchers {
  readonly interceptor: ServerInterceptor
  /** Ends all of them, because they would delay the close for ever. */
  end(): void
}

/** @param ownPath The paths of the inference service, which ends its streams itself. */
export function watchStreams(ownPath: string): Watchers {
  const open = new Set<ServerInterceptingCallInterface>()
  return {
    interceptor({ path, requestStream, responseStream }, call) {
      if ((!requestStream && !responseStream) || path.startsWith(ownPath)) return call as ServerInterceptingCall
      const watched = new ServerInterceptingCall(call, {
        start(next) {
          open.add(watched)
          const listener = new ServerListenerBuilder().withOnCancel(() => void open.delete(watched))
          next(listener.build())
        },
        sendStatus(outcome, next) {
          open.delete(watched)
          next(outcome)
        },
      })
      return watched
    },
    end() {
      const outcome = { code: status.UNAVAILABLE, details: 'the server is shutting down', metadata: null }
      for (const call of open) call.sendStatus(outcome)
    },
  }
}

import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { expect, test } from 'vitest'
import { connect, startGrpc } from '../support/grpc.ts'

test('connections that arrive while the library of gRPC loads are all served', async () => {
  const { port } = await startGrpc()
  const own = { 'grpc.use_local_subchannel_pool': 1 }
  const answers = Array.from({ length: 10 }, () => {
    const client = connect(port, own)
    return new Promise((resolve) => client['ServerLive']({}, (_error: unknown, reply: unknown) => resolve(reply)))
  })
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 10 }, () => ({ live: true })))
})

test('a client that leaves while the library of gRPC loads does not affect other clients', async () => {
  const { port, client } = await startGrpc()
  const socket = connectTcp(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.resetAndDestroy()
  const reply = await new Promise((resolve) =>
    client['ServerLive']({}, (_error: unknown, live: unknown) => resolve(live)),
  )
  expect(reply).toEqual({ live: true })
})

test('a gRPC server without connections closes at once', async () => {
  const { grpc, port } = await startGrpc()
  await grpc.close()
  const socket = connectTcp(port, '127.0.0.1')
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})

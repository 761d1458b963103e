// The yardstick of gRPC: a service that answers with the bytes it was sent, as they are.
import { createServer } from 'node:http'
import { Server, ServerCredentials } from '@grpc/grpc-js'

const same = (bytes) => bytes
const method = {
  path: '/inference.GRPCInferenceService/ModelInfer',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
}
const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.enable_channelz': 0 })
server.addService({ ModelInfer: method }, { ModelInfer: ({ request }, send) => send(null, request) })
server.bindAsync(`127.0.0.1:${process.env.GRPC_PORT}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
  createServer((_request, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1')
})

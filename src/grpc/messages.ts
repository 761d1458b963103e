import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import { readInferRequest } from '../protocols/v2/v2-grpc-message.ts'

/** The built server has it beside this file, as the sources do. */
export const PROTO_FILE = fileURLToPath(new URL('./inference.proto', import.meta.url))

/** One method of the service: where it is reached, and how its messages are read and written. */
export interface MethodType {
  readonly name: string
  readonly path: string
  readonly isStream: boolean
  /** @throws Error when the bytes are no such message. Fields of bytes are views into them. */
  readonly decode: (bytes: Buffer) => object
  readonly encode: (reply: object) => Buffer
}

/**
 * Reads inference.proto. Names stay as they are there. Requests to compute a model are read by hand.
 */
export function loadMethods(): MethodType[] {
  const root = new protobuf.Root().loadSync(PROTO_FILE, { keepCase: true }).resolveAll()
  const service = root.lookupService('inference.GRPCInferenceService')
  return service.methodsArray.map(({ name, requestStream, resolvedRequestType, resolvedResponseType }) => ({
    name,
    path: `/${service.fullName.slice(1)}/${name}`,
    isStream: requestStream === true,
    decode:
      resolvedRequestType!.name === 'ModelInferRequest'
        ? readInferRequest
        : (bytes) => resolvedRequestType!.decode(bytes),
    encode: (reply) => resolvedResponseType!.encode(resolvedResponseType!.fromObject(reply)).finish() as Buffer,
  }))
}

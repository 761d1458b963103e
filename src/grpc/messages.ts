import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import { readInferRequest } from '../protocols/v2/v2-grpc-message.ts'

/** The build copies this file beside the compiled one. */
export const PROTO_FILE = fileURLToPath(new URL('./inference.proto', import.meta.url))

/** One method of the service: its path, and the functions that read and write its messages. */
export interface MethodType {
  readonly name: string
  readonly path: string
  readonly isStream: boolean
  /** Fields of bytes are views of the message. @throws Error if the bytes are no such message. */
  readonly decode: (bytes: Buffer) => object
  readonly encode: (reply: object) => Buffer
}

/**
 * Reads inference.proto. Fields keep the names of the file, except in requests to compute a model. `readInferRequest` reads
 * these, and names their fields in camel case.
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

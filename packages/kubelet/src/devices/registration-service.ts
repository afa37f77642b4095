import type { Socket } from 'node:net'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { decode, encode, type RegisterRequest } from './messages.ts'
import type { Register } from './registration.ts'

const definition = {
  Register: {
    path: '/v1beta1.Registration/Register',
    requestStream: false,
    responseStream: false,
    requestSerialize: encode('RegisterRequest'),
    requestDeserialize: decode('RegisterRequest'),
    responseSerialize: encode('Empty'),
    responseDeserialize: decode('Empty'),
  },
} as const

/** The gRPC service behind the kubelet's socket; answers what takes connections. */
export function registrationService(register: Register): (socket: Socket) => void {
  const server = new Server()
  server.addService(definition, {
    Register({ request }: ServerUnaryCall<RegisterRequest, object>, answer: sendUnaryData<object>) {
      try {
        register(request)
        answer(null, {})
      } catch (error) {
        answer({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) })
      }
    },
  })
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  return (socket) => injector.injectConnection(socket)
}

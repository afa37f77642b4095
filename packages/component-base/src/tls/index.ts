export * from './certificate.ts'
export * from './certificate-authority.ts'
export * from './certificate-request.ts'
export { createSigningKeyPair, loadSigningKeyPair, type SigningKeyPair } from './keys.ts'

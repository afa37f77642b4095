export * from './certificate.ts'
export * from './certificate-authority.ts'
export { createSigningKeyPair, loadSigningKeyPair, type SigningKeyPair } from './keys.ts'

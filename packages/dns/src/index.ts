export { type DnsStartOptions, startDns } from './start.ts'

export { type StartClusterOptions, startCluster, type TestCluster } from './start-cluster.ts'

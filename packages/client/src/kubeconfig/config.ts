/** Where an API server is and who we are to it: what a kubeconfig or a service account mount boils down to. */
export interface ClientConfig {
  /** `https://host:port`, without a trailing slash. */
  server: string
  /** PEM; the system's roots when absent. */
  certificateAuthority?: string | undefined
  insecureSkipTlsVerify?: boolean | undefined
  tlsServerName?: string | undefined
  /** PEM. */
  clientCertificate?: string | undefined
  clientKey?: string | undefined
  /** A bearer token, or what answers the current one: bound service account tokens change while we run. */
  token?: string | (() => Promise<string>) | undefined
  /** The namespace of the context. */
  namespace?: string | undefined
  impersonate?: Impersonation | undefined
  userAgent?: string | undefined
}

export interface Impersonation {
  user: string
  groups?: readonly string[]
  uid?: string
}

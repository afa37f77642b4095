#!/usr/bin/env node
import { runBinary } from '@tandem/component-base/flags/index'
import { flags, optionsOf } from './flags.ts'
import { startApiServer } from './start.ts'

await runBinary({
  name: 'tandem-apiserver',
  description: 'Serves the Kubernetes API and keeps its objects.',
  example:
    'tandem-apiserver --data-dir=/var/lib/tandem/prod/store --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key --client-ca-file=ca.crt --service-account-signing-key-file=sa.key',
  flags,
  config: { apiVersion: 'apiserver.tandem.dev/v1alpha1', kind: 'ApiServerConfiguration' },
  start: (values, context) => startApiServer(optionsOf(values), context),
})

#!/usr/bin/env node
import { runBinary } from '@tandem/component-base/flags/index'
import { flags, optionsOf } from './flags.ts'
import { startKubelet } from './kubelet.ts'

await runBinary({
  name: 'tandem-kubelet',
  description: 'The node agent: runs the pods that are bound to its node.',
  example: 'tandem-kubelet --kubeconfig=/etc/kubernetes/kubelet.conf --node-ip=192.168.1.10 --cluster-dns=10.96.0.10',
  flags,
  config: { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' },
  start: (values, context) => startKubelet(optionsOf(values), context),
})

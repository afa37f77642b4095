/** Objects as large as those the targets speak of. */
export const configMap = (name: string, bytes = 900): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { app: 'bench' } },
  data: { text: 'x'.repeat(bytes) },
})

/** About 4.4 KB as served; no node can take it. */
export const pod = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'bench' }, annotations: { note: 'y'.repeat(1200) } },
  spec: {
    automountServiceAccountToken: false,
    nodeSelector: { bench: 'nowhere' },
    containers: [
      {
        name: 'main',
        image: 'registry.example/bench:1',
        env: Array.from({ length: 8 }, (_, index) => ({ name: `SETTING_${index}`, value: 'z'.repeat(24) })),
        ports: [{ name: 'http', containerPort: 8080 }],
        resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '1', memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
      },
    ],
  },
})

import { spawn } from 'node:child_process'
import type { Test } from 'tap'
import { type Kubectl, type KubectlVersion, sampleImage } from '../kubectl.ts'

/** What rows have to do with: one version of kubectl, in a namespace of its own. */
export interface Subject {
  kubectl: Kubectl
  version: KubectlVersion
  namespace: string
}

/** A part of the script that every version of kubectl runs. Later rows stand on what earlier ones made. */
export interface Row {
  name: string
  check(t: Test, subject: Subject): Promise<void>
}

export const minorOf = (version: KubectlVersion): number => Number(version.slice('1.'.length))

/** Words of a command line; `~` stands for a space within one. */
export const words = (line: string): string[] => line.split(' ').map((word) => word.replaceAll('~', ' '))

export const web = (replicas = 1): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: ${sampleImage}
          command: [sh, -c, "echo started; echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
          ports: [{ containerPort: 8080, name: http }]
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
`

export const talker = `
apiVersion: v1
kind: Pod
metadata: { name: talker, labels: { app: talker } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: talker
      image: ${sampleImage}
      stdin: true
      command: [sh, -c, "echo line one; echo line two; while read line; do echo heard $line; done; sleep 3600"]
`

/** A kubectl that runs on: it is watched for what it says, and stopped. */
export function startKubectl(kubectl: Kubectl, args: readonly string[]): { output(): string; stop(): void } {
  const child = spawn(kubectl.command[0] ?? '', [...kubectl.command.slice(1), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  return { output: () => text, stop: () => void child.kill() }
}

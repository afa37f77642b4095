import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { deploymentRollout } from '@tandem/api/apps/v1/rollout-status'
import { services } from '@tandem/api/core/v1/service'
import type { Client } from '@tandem/client'
import { waitFor } from '@tandem/client/wait-for'
import type { Clock } from '@tandem/component-base'
import { homePath } from '../binaries.ts'
import { applyObjects, parseManifests } from '../manifests.ts'
import type { ClusterPlan } from '../plan.ts'

/** Where the sample app's front answers, each as a URL. */
export interface SampleAppAddresses {
  clusterIP: string
  nodePort: string
  loadBalancer: string
}

const namespace = 'default'
const patience = 120_000

/** Applies the sample app, waits until both tiers are rolled out and the front answers at all three of its addresses. */
export async function deploySampleApp(client: Client, plan: ClusterPlan, clock: Clock): Promise<SampleAppAddresses> {
  await applyObjects(client, parseManifests(await readFile(homePath('examples/sample-app.yaml'), 'utf8')))
  for (const name of ['back', 'front']) {
    await waitFor(
      client,
      deployments,
      { namespace, name },
      (deployment) => deployment !== undefined && deploymentRollout(deployment).state === 'complete',
      { timeoutMs: patience },
    )
  }
  const hasAddress = (service?: { status?: { loadBalancer?: { ingress?: object[] } } }) =>
    (service?.status?.loadBalancer?.ingress?.length ?? 0) > 0
  const front = await waitFor(client, services, { namespace, name: 'front' }, hasAddress, { timeoutMs: patience })
  const addresses: SampleAppAddresses = {
    clusterIP: `http://${front?.spec.clusterIP}/`,
    nodePort: `http://${plan.nodePortAddress ?? plan.hostAddress}:${front?.spec.ports?.[0]?.nodePort}/`,
    loadBalancer: `http://${front?.status?.loadBalancer?.ingress?.[0]?.ip}/`,
  }
  for (const url of Object.values(addresses)) await answers(url, clock)
  return addresses
}

/** Rules follow an endpoint within moments: a few tries, then what went wrong. */
async function answers(url: string, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + 15_000
  for (;;) {
    const failure = await fetchText(url).then(
      (body) => (body.includes('back on ') ? undefined : `it said ${JSON.stringify(body.slice(0, 200))}`),
      (error: Error) => error.message,
    )
    if (failure === undefined) return
    if (clock.monotonic() > deadline) throw new SampleAppError(`the sample app does not answer at ${url}: ${failure}`)
    await clock.sleep(100)
  }
}

export class SampleAppError extends Error {
  readonly code = 'SAMPLE_APP_SILENT'
}

export const fetchText = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get(url, { timeout: 5000, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve(body)).on('error', reject)
    })
    request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer within 5 s')))
  })

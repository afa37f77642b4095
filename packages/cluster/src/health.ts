import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'

/** Whether a health endpoint on this host answers 200. Its certificate is not checked: nothing is sent but the question. */
export const healthy = (url: string, timeout = 2000): Promise<boolean> =>
  new Promise((resolve) => {
    const get = url.startsWith('https:') ? getHttps : getHttp
    const request = get(url, { timeout, rejectUnauthorized: false, agent: false } as object, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
    request.on('timeout', () => request.destroy())
  })

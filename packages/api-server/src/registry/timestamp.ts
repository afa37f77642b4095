import { flatText } from './flat-text.ts'

let latest = { second: Number.NaN, text: '' }

/** RFC 3339 in UTC, to the second, as `metav1.Time` is written. Remembered, since many writes fall into one second. */
export function timestamp(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000)
  if (second !== latest.second)
    latest = { second, text: flatText(`${new Date(milliseconds).toISOString().slice(0, 19)}Z`) }
  return latest.text
}

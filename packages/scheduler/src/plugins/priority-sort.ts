import type { Plugin } from '../framework/plugin.ts'

/** Higher priority first; among equals, who came first. */
export const plugin: Plugin = {
  name: 'PrioritySort',
  sort: (a, b) => b.info.priority - a.info.priority || a.timestamp - b.timestamp,
}

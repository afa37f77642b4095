import { deleting, force, listing, pretty, type QueryParameter, selecting, writing } from './parameters.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options'

/** How a verb of Kubernetes looks in HTTP. */
export interface VerbShape {
  method: Method
  /** Upstream's `x-kubernetes-action`. */
  action: string
  /** What operation ids begin with, and what they say between the version and the resource. */
  word: string
  infix?: string
  description(subject: string): string
  queryParameters: readonly QueryParameter[]
  body?: 'object' | 'patch' | 'delete options'
  answer: 'object' | 'list' | 'deleted' | 'status' | 'event'
  /** Codes of success: what is new is answered with 201, what is not done yet with 202. */
  codes: readonly number[]
}

const article = (subject: string): string => (/^[AEIOU]/.test(subject) ? 'an' : 'a')

/** A subresource is read as one thing of another: `status of the specified Pod`. */
const specified = (subject: string): string => (subject.includes(' of ') ? subject : `the specified ${subject}`)

const outdated = "deprecated: use the 'watch' parameter with a list operation instead"

export const verbShapes = {
  list: {
    method: 'get',
    action: 'list',
    word: 'list',
    description: (subject) => `list or watch objects of kind ${subject}`,
    queryParameters: [pretty, ...listing],
    answer: 'list',
    codes: [200],
  },
  create: {
    method: 'post',
    action: 'post',
    word: 'create',
    description: (subject) => `create ${subject.includes(' of ') ? '' : `${article(subject)} `}${subject}`,
    queryParameters: [pretty, ...writing],
    body: 'object',
    answer: 'object',
    codes: [200, 201, 202],
  },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    word: 'delete',
    infix: 'Collection',
    description: (subject) => `delete collection of ${subject}`,
    queryParameters: [pretty, ...deleting, ...selecting],
    body: 'delete options',
    answer: 'status',
    codes: [200],
  },
  get: {
    method: 'get',
    action: 'get',
    word: 'read',
    description: (subject) => `read ${specified(subject)}`,
    queryParameters: [pretty],
    answer: 'object',
    codes: [200],
  },
  update: {
    method: 'put',
    action: 'put',
    word: 'replace',
    description: (subject) => `replace ${specified(subject)}`,
    queryParameters: [pretty, ...writing],
    body: 'object',
    answer: 'object',
    codes: [200, 201],
  },
  patch: {
    method: 'patch',
    action: 'patch',
    word: 'patch',
    description: (subject) => `partially update ${specified(subject)}`,
    queryParameters: [pretty, ...writing, force],
    body: 'patch',
    answer: 'object',
    codes: [200, 201],
  },
  delete: {
    method: 'delete',
    action: 'delete',
    word: 'delete',
    description: (subject) => `delete ${article(subject)} ${subject}`,
    queryParameters: [pretty, ...deleting],
    body: 'delete options',
    answer: 'deleted',
    codes: [200, 202],
  },
  watch: {
    method: 'get',
    action: 'watch',
    word: 'watch',
    description: (subject) =>
      `watch changes to an object of kind ${subject}. ${outdated}, filtered to a single item with the 'fieldSelector' parameter.`,
    queryParameters: [pretty, ...listing],
    answer: 'event',
    codes: [200],
  },
  watchlist: {
    method: 'get',
    action: 'watchlist',
    word: 'watch',
    description: (subject) => `watch individual changes to a list of ${subject}. ${outdated}.`,
    queryParameters: [pretty, ...listing],
    answer: 'event',
    codes: [200],
  },
} as const satisfies Record<string, VerbShape>

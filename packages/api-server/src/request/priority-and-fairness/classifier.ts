import { catchAllName } from '@tandem/api/flowcontrol/v1/mandatory'
import type { UserInfo } from '../../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'
import type { ClassifiedSchema, Test } from './classification.ts'
import type { FlowStatistics } from './flow-statistics.ts'
import type { PriorityLevel } from './priority-level.ts'

/** Where a request belongs. */
export interface Classification {
  readonly schema: ClassifiedSchema
  readonly level: PriorityLevel
  readonly statistics: FlowStatistics
}

interface Candidate {
  readonly matches: Test<RequestInfo>
  readonly classification: Classification
}

interface Candidates {
  readonly resource: readonly Candidate[]
  readonly nonResource: readonly Candidate[]
}

/**
 * Which of the schemas, in the order given, a request falls under. Authentication answers the same credential with the same object, so
 * that subjects are compared once a user: what is found is kept for as long as that object is.
 */
export class Classifier {
  readonly #classes: readonly Classification[]
  readonly #rules: readonly (Candidates & { subjects: Test<UserInfo> })[]
  readonly #ofUser = new WeakMap<UserInfo, Candidates>()

  constructor(classes: readonly Classification[]) {
    this.#classes = classes
    this.#rules = classes.flatMap((classification) => {
      const candidate = (matches: Test<RequestInfo>): Candidate => ({ matches, classification })
      return classification.schema.rules.map(({ subjects, resource, nonResource }) => ({
        subjects,
        resource: resource.map(candidate),
        nonResource: nonResource.map(candidate),
      }))
    })
  }

  /** The first schema that matches. That of all that remains matches everybody, with whatever groups. */
  classify(user: UserInfo, info: RequestInfo): Classification {
    const { resource, nonResource } = this.#candidates(user)
    for (const { matches, classification } of info.isResourceRequest ? resource : nonResource)
      if (matches(info)) return classification
    const classes = this.#classes
    return classes.find(({ schema }) => schema.name === catchAllName) ?? (classes.at(-1) as Classification)
  }

  #candidates(user: UserInfo): Candidates {
    const known = this.#ofUser.get(user)
    if (known) return known
    const resource: Candidate[] = []
    const nonResource: Candidate[] = []
    for (const rule of this.#rules) {
      if (!rule.subjects(user)) continue
      resource.push(...rule.resource)
      nonResource.push(...rule.nonResource)
    }
    const candidates = { resource, nonResource }
    this.#ofUser.set(user, candidates)
    return candidates
  }
}

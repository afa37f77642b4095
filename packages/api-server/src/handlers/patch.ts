import { unsupportedMediaType } from '@tandem/apimachinery'
import type { Handler } from './handler.ts'

export const patch: Handler = () => {
  throw unsupportedMediaType([])
}

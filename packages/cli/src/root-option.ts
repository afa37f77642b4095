import { defaultRoot } from '@tandem/cluster/plan'
import { Option } from 'commander'

/** Where the clusters of this host keep everything. */
export const rootOption = (): Option =>
  new Option('--root <directory>', 'where the clusters keep their data').env('TANDEM_ROOT').default(defaultRoot)

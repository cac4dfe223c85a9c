import type { KernelCluster } from './cluster-text.ts'
import { generateCluster } from './generated.ts'
import { handChosen } from './hand-chosen.ts'

/** How many clusters are generated, from the seeds 1, 2, 3, … */
const generatedCount = 12

/** Every cluster that is held against the kernel. */
export const kernelClusters: readonly KernelCluster[] = [
  ...handChosen,
  ...Array.from({ length: generatedCount }, (_, index) => generateCluster(index + 1)),
]

import type { PodTemplate } from '../../model/objects.ts'

/** The cells CONTAINERS and IMAGES. Mirrors layoutContainerCells. */
export function containerCells(template: PodTemplate | undefined): readonly [names: string, images: string] {
  const containers = template?.spec?.containers ?? []
  return [
    containers.map((one) => one.name ?? '').join(','),
    containers.map((one) => one.image ?? '').join(','),
  ]
}

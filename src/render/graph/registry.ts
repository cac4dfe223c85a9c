import type { TopologyView } from '../../model/topology-view.ts'
import { topologyDot } from './dot.ts'
import { topologyJson } from './json.ts'
import { topologyMermaid } from './mermaid.ts'
import { topologySvg } from './svg.ts'

/** The forms in which a topology is drawn, by the name after `-o`. */
export const topologyFormats = {
  dot: topologyDot,
  mermaid: topologyMermaid,
  svg: topologySvg,
  json: topologyJson,
} as const satisfies Readonly<Record<string, (view: TopologyView) => string>>

export type TopologyFormat = keyof typeof topologyFormats

/** Draws a topology. */
export function drawTopology(view: TopologyView, format: TopologyFormat): string {
  return topologyFormats[format](view)
}

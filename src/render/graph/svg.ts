import type { TopologyView } from '../../model/topology-view.ts'
import type { Box, Wire } from './svg-layout.ts'
import { layoutTopology } from './svg-layout.ts'
import { hueCount, styleSheet } from './svg-style.ts'

/** The topology as a picture that stands alone: no script, no fonts from elsewhere, light and dark. */
export function topologySvg(view: TopologyView): string {
  const { width, height, boxes, wires } = layoutTopology(view)
  const size = `width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}"`
  const nodes = boxes.filter((one) => one.type === 'node')
  const others = boxes.filter((one) => one.type !== 'node')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Topology of the cluster">`,
    `<style>${styleSheet}</style>`,
    '<rect class="paper" width="100%" height="100%"/>',
    ...nodes.map(boxText),
    ...wires.map(wireText),
    ...others.map(boxText),
    '</svg>',
    '',
  ].join('\n')
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`)
}

function hueClass(hue: number | undefined): string {
  return hue === undefined ? '' : ` hue${hue % hueCount}`
}

function boxText(box: Box): string {
  const { type, x, y, width, height, label, hue, stacked, faded } = box
  const radius = type === 'outside' ? height / 2 : type === 'service' || type === 'node' ? 8 : 5
  const rect = (dx: number, dy: number) =>
    `<rect x="${round(x + dx)}" y="${round(y + dy)}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}"/>`
  const left = type === 'outside' ? x + width / 2 : x + (type === 'service' ? 16 : 12)
  const room = width - (type === 'outside' ? 20 : 24)
  const titleY = y + (type === 'outside' ? 27 : 22)
  const lines = label.lines.map(
    (line, index) =>
      `<text class="line" x="${round(left)}" y="${round(titleY + 17 + index * 16)}">${fitted(line, room, 6.9)}</text>`,
  )
  return [
    `<g class="${type}${hueClass(hue)}${faded ? ' faded' : ''}">`,
    `<title>${escaped([label.title, ...label.lines].join('\n'))}</title>`,
    ...(stacked ? [rect(4, 4)] : []),
    rect(0, 0),
    ...(type === 'service'
      ? [`<path class="bar" d="M${round(x + 5)} ${round(y + 9)}v${round(height - 18)}"/>`]
      : []),
    `<text class="title" x="${round(left)}" y="${round(titleY)}">${fitted(label.title, room, 8.7)}</text>`,
    ...lines,
    '</g>',
  ].join('')
}

/** A text cut in its middle where it would not fit; `advance` is the width of a wide letter. */
function fitted(text: string, room: number, advance: number): string {
  const most = Math.floor(room / advance)
  if (text.length <= most) return escaped(text)
  const head = Math.ceil((most - 1) / 2)
  return escaped(`${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`)
}

/** A curve that leaves and arrives level, and an arrowhead. */
function wireText({ from, to, hue, dashed, levelFrom }: Wire): string {
  const end = to.x - 7
  const bend = levelFrom ?? end
  const half = Math.max(24, (bend - from.x) / 2)
  const curve = `M${round(from.x)} ${round(from.y)}C${round(from.x + half)} ${round(from.y)} ${round(bend - half)} ${round(to.y)} ${round(bend)} ${round(to.y)}`
  const level = levelFrom === undefined ? '' : `H${round(end)}`
  const head = `M${round(to.x - 1)} ${round(to.y)}l-8 -4v8z`
  return `<g class="wire${hueClass(hue)}${dashed ? ' dashed' : ''}"><path d="${curve}${level}"/><path class="head" d="${head}"/></g>`
}

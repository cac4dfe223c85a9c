/** Hues that hold on white and on near-black, and that differ for eyes that do not tell red from green. */
const hues = ['#2f7de1', '#d9822b', '#199e9e', '#c2559d', '#7c6ae6', '#9a8a1a', '#d1495b', '#4a9c4e']

export const hueCount: number = hues.length

const sans = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',Arial,sans-serif"

interface Palette {
  readonly paper: string
  readonly panel: string
  readonly card: string
  readonly border: string
  readonly ink: string
  readonly muted: string
}

const light: Palette = {
  paper: '#ffffff',
  panel: '#f3f5f8',
  card: '#ffffff',
  border: '#b6bec9',
  ink: '#1c2430',
  muted: '#566070',
}

const dark: Palette = {
  paper: '#0f141b',
  panel: '#181f29',
  card: '#202936',
  border: '#4a5667',
  ink: '#eef2f7',
  muted: '#a3afbf',
}

function rules({ paper, panel, card, border, ink, muted }: Palette): string {
  return [
    `.paper{fill:${paper}}`,
    `rect{fill:${card};stroke:${border}}`,
    `.paper{stroke:none}`,
    `.node rect{fill:${panel}}`,
    `text{fill:${ink}}`,
    `.line{fill:${muted}}`,
    `.wire path{stroke:${muted}}`,
    `.wire .head{fill:${muted}}`,
  ].join('')
}

const coloured = hues
  .map((hue, index) =>
    [
      `.wire.hue${index} path{stroke:${hue}}`,
      `.wire.hue${index} .head{fill:${hue}}`,
      `.service.hue${index} rect,.entry.hue${index} rect,.service.hue${index} .bar{stroke:${hue}}`,
    ].join(''),
  )
  .join('')

/** The style of a picture; a reader that knows no media queries shows it light. */
export const styleSheet: string = [
  `text{font-family:${sans};font-size:13px}`,
  '.title{font-weight:600}',
  '.line{font-size:11.5px}',
  '.outside text{text-anchor:middle}',
  '.wire path{fill:none;stroke-width:1.6;stroke-opacity:.85}',
  '.wire .head{stroke:none}',
  '.dashed path{stroke-dasharray:5 4}',
  '.bar{stroke-width:4;stroke-linecap:round}',
  '.entry rect{stroke-dasharray:4 3}',
  '.faded rect{stroke-dasharray:3 3}',
  '.faded text{opacity:.7}',
  rules(light),
  coloured,
  `@media (prefers-color-scheme:dark){${rules(dark)}${coloured}}`,
].join('')

import { describe, expect, test } from 'vitest'
import { evaluateTable } from '../../src/netfilter/evaluate.ts'
import { tableOf } from './support/ask.ts'
import { sceneOf } from './support/packet-text.ts'

/** Sends packets one after another, at these seconds, to one rule that drops what it matches. */
function dropped(rule: string, packets: readonly (readonly [seconds: number, source: string])[]): string {
  const table = tableOf(`*filter\n-A INPUT ${rule} -j DROP\nCOMMIT\n`)
  let { memory } = sceneOf('udp 10.0.0.1:1 > 10.0.0.2:2')
  return packets
    .map(([seconds, source]) => {
      const scene = sceneOf(`udp ${source}:1 > 10.0.0.2:2 now=${seconds * 1000}`)
      const result = evaluateTable(table, { ...scene, memory })
      if (result?.type !== 'decided') throw new Error('the rule decides')
      memory = result.memory as typeof memory
      return result.verdict.type === 'drop' ? 'x' : '.'
    })
    .join('')
}

const a = '10.0.0.3'
const b = '10.0.0.4'
const at = (...seconds: readonly number[]) => seconds.map((second): [number, string] => [second, a])

describe('matches that remember', () => {
  // biome-ignore format: one rule a line
  test.each([
    { rule: '-m limit --limit 1/min --limit-burst 3',             times: at(0, 0, 0, 0, 59, 60, 61, 240, 240, 240, 240), drops: 'xxx..x.xxx.', because: 'three at once, then one a minute, and never more than three saved up' },
    { rule: '-m limit --limit 10/sec --limit-burst 1',            times: at(0, 0.05, 0.1, 0.2, 0.29),                    drops: 'x.xx.',       because: 'a token every tenth of a second' },
    { rule: '-m limit --limit 1/hour',                            times: at(0, 0, 0, 0, 0, 0),                           drops: 'xxxxx.',      because: 'the burst is five unless it is stated' },
    { rule: '-m statistic --mode nth --every 3 --packet 0',       times: at(0, 0, 0, 0, 0, 0, 0),                        drops: 'x..x..x',     because: 'the first, the fourth, the seventh' },
    { rule: '-m statistic --mode nth --every 3 --packet 2',       times: at(0, 0, 0, 0, 0, 0, 0),                        drops: '..x..x.',     because: 'the third and the sixth' },
    { rule: '-m statistic --mode nth ! --every 2 --packet 0',     times: at(0, 0, 0, 0),                                 drops: '.x.x',        because: 'all but the first, the third' },
  ])('$rule: $drops, $because', ({ rule, times, drops }) => {
    expect(dropped(rule, times)).toBe(drops)
  })

  test('nth counts all senders together', () => {
    expect(
      dropped('-m statistic --mode nth --every 2 --packet 0', [
        [0, a],
        [0, b],
        [0, a],
        [0, b],
      ]),
    ).toBe('x.x.')
  })

  test('hashlimit has a bucket for each block of senders, which is full again once it has been forgotten', () => {
    const rule =
      '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name L'
    const hits: [number, string][] = [
      [0, a],
      [1, a],
      [2, a],
      [2, b],
      [61, a],
      [62, a],
      [125, a],
      [126, a],
    ]
    expect(dropped(rule, hits)).toBe('xx.xx.xx')
    expect(dropped(`${rule} --hashlimit-srcmask 24`, hits)).toBe('xx..x.xx')
  })

  test('recent counts each address by itself: the third hit of one within ten seconds', () => {
    const rule = '-m recent --set --name L -m recent --rcheck --seconds 10 --hitcount 3 --name L'
    expect(
      dropped(rule, [
        [0, a],
        [1, a],
        [1, b],
        [2, a],
        [3, b],
        [20, a],
      ]),
    ).toBe('...x..')
  })

  test('recent --update remembers the hit it found, --rcheck does not', () => {
    const first = '-m recent ! --rcheck --name M -m recent --set --name M'
    const text = (verb: string) =>
      `*filter\n-A INPUT ${first} -j RETURN\n-A INPUT -m recent --${verb} --seconds 5 --name M -j DROP\nCOMMIT\n`
    const run = (verb: string) => {
      let { memory } = sceneOf('udp 10.0.0.1:1 > 10.0.0.2:2')
      return [0, 4, 8].map((seconds) => {
        const scene = sceneOf(`udp ${a}:1 > 10.0.0.2:2 now=${seconds * 1000}`)
        const result = evaluateTable(tableOf(text(verb)), { ...scene, memory })
        if (result?.type !== 'decided') throw new Error('the rules decide')
        memory = result.memory as typeof memory
        return result.verdict.type
      })
    }
    expect(run('update')).toEqual(['accept', 'drop', 'drop'])
    expect(run('rcheck')).toEqual(['accept', 'drop', 'accept'])
  })

  test('recent with a mask takes a whole network for one address', () => {
    const rule =
      '-m recent --set --name N --mask 255.255.255.0 -m recent --rcheck --hitcount 2 --name N --mask 255.255.255.0'
    expect(
      dropped(rule, [
        [0, a],
        [0, b],
        [0, '10.0.1.3'],
      ]),
    ).toBe('.x.')
  })
})

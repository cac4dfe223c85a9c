import type { Manifest, RandomPod } from './cluster.ts'
import { outsideAddresses } from './cluster.ts'
import type { Draw } from './draw.ts'

/** Blocks around the addresses of pods, of nodes and of the hosts outside, some inside others. */
const blocks = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.244.0.0/16',
  '10.244.0.0/23',
  '10.244.1.0/24',
  '10.244.2.0/24',
  '10.244.1.0/25',
  '10.244.3.128/25',
  '192.0.0.0/2',
  '192.168.1.0/24',
  '198.51.100.0/24',
  '198.51.100.0/29',
  '203.0.113.0/24',
  '203.0.113.8/30',
] as const

/** So many blocks of addresses, none twice; at times the single address of a pod or of a host outside. */
export function drawBlocks(draw: Draw, pods: readonly RandomPod[], count: number): readonly string[] {
  return draw.some(count, candidates(draw, pods))
}

/** An `ipBlock` peer. What it excepts lies inside of it and is smaller, as the API demands. */
export function drawIpBlock(draw: Draw, pods: readonly RandomPod[]): Manifest {
  // A block of the other family and one with bits of a host are taken too.
  if (draw.chance(6)) return { cidr: draw.of(['::/0', '2001:db8::/32', '10.244.1.77/24', '203.0.113.77/24']) }
  const cidr = draw.of(candidates(draw, pods))
  const inner = candidates(draw, pods).filter((other) => isStrictlyInside(other, cidr))
  if (inner.length === 0 || draw.chance(45)) {
    return { cidr, ...(draw.chance(15) && { except: draw.of([[], null]) }) }
  }
  return { cidr, except: draw.some(draw.between(1, 3), inner) }
}

function candidates(draw: Draw, pods: readonly RandomPod[]): readonly string[] {
  const single = [...draw.some(2, pods).map(({ ip }) => ip), ...outsideAddresses]
  return [...blocks, ...single.map((ip) => `${ip}/32`)]
}

function isStrictlyInside(inner: string, outer: string): boolean {
  const a = readBlock(inner)
  const b = readBlock(outer)
  return a.length > b.length && a.bits.slice(0, b.length) === b.bits.slice(0, b.length)
}

function readBlock(text: string): { readonly bits: string; readonly length: number } {
  const [address = '', length = ''] = text.split('/')
  const bits = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'))
  return { bits: bits.join(''), length: Number(length) }
}

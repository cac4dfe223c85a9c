import type { Cidr } from '../../../base/ip.ts'
import { bitsOf, familyOf, formatCidr, overlaps, parseCidr } from '../../../base/ip.ts'
import type { CniInput } from '../cni.ts'
import type { CalicoConfiguration } from './configuration.ts'
import type { CalicoPool } from './pool.ts'

/** Tells what of the configuration contradicts itself or the cluster, and what of it is not modelled. */
export function checkConfiguration(input: CniInput, configuration: CalicoConfiguration): void {
  const { stated } = configuration.pools
  for (const [index, pool] of stated.entries()) {
    checkPool(input, configuration, pool)
    const other = stated.slice(0, index).find((one) => overlaps(one.cidr, pool.cidr))
    if (other)
      say(
        input,
        pool,
        'cidr',
        `overlaps the pool ${nameOf(other)}`,
        'choose pools that do not share addresses',
      )
  }
  checkDataplane(input, configuration)
}

function nameOf({ name, cidr }: CalicoPool): string {
  const block = formatCidr(cidr)
  return name === block ? block : `${name} (${block})`
}

function say({ report }: CniInput, pool: CalicoPool, field: string, message: string, fix: string): void {
  report('configuration-conflict', `Calico's pool ${nameOf(pool)} ${message}`, {
    ...(pool.locate && { at: pool.locate(field) }),
    ...(pool.ref && { object: pool.ref }),
    fix,
  })
}

function checkPool(
  input: CniInput,
  { backend, felix, release }: CalicoConfiguration,
  pool: CalicoPool,
): void {
  const { cidr, blockSize, ipip, vxlan } = pool
  if (cidr.bits > blockSize) {
    const fix = 'choose a larger pool, or smaller blocks'
    say(
      input,
      pool,
      'blockSize',
      `is smaller than one block of /${blockSize}: no pod gets an address of it`,
      fix,
    )
  } else if (blockSize > bitsOf(familyOf(cidr.first)) - 2) {
    const fix = 'leave blockSize out: blocks of /26 (IPv6: /122)'
    say(input, pool, 'blockSize', `has blocks of /${blockSize}, too small to be shared out`, fix)
  }
  for (const { block, what } of otherBlocks(input)) {
    if (overlaps(cidr, block))
      say(input, pool, 'cidr', `overlaps ${what} ${formatCidr(block)}`, 'choose another block')
  }
  if (backend !== 'bird' && vxlan === 'Never' && !(ipip !== 'Never' && release >= 33)) {
    const fix = 'set CALICO_NETWORKING_BACKEND to bird, or vxlanMode to Always'
    say(
      input,
      pool,
      'vxlanMode',
      `has no VXLAN, and without BGP nobody brings routes for it to other nodes`,
      fix,
    )
  }
  if (ipip !== 'Never' && felix.ipipEnabled === false)
    say(input, pool, 'ipipMode', 'asks for IPIP, which FelixConfiguration turns off', 'leave ipipEnabled out')
  if (vxlan !== 'Never' && felix.vxlanEnabled === false)
    say(
      input,
      pool,
      'vxlanMode',
      'asks for VXLAN, which FelixConfiguration turns off',
      'leave vxlanEnabled out',
    )
}

/** Blocks that a pool must keep clear of: Services' and the nodes' addresses. */
function otherBlocks({
  environment,
  objects,
}: CniInput): readonly { readonly block: Cidr; readonly what: string }[] {
  const { serviceCIDR, serviceCIDR6 } = environment.clusterNetwork ?? {}
  const services = [serviceCIDR, serviceCIDR6].flatMap((text) => parseCidr(text ?? '') ?? [])
  const nodes = objects.nodes.flatMap(({ object }) =>
    (object.status?.addresses ?? []).flatMap(({ type, address }) => {
      const block = parseCidr(`${address}/${address?.includes(':') ? 128 : 32}`)
      return type === 'InternalIP' && block ? [block] : []
    }),
  )
  return [
    ...services.map((block) => ({ block, what: 'the Service addresses' })),
    ...nodes.slice(0, 1000).map((block) => ({ block, what: 'the address of a node' })),
  ]
}

/** Only the iptables dataplane is made rule by rule. */
function checkDataplane({ report, settings, objects }: CniInput, { felix }: CalicoConfiguration): void {
  const [installation] = objects.calico.installations
  const stated = settings['dataplane'] ?? installation?.object.spec?.calicoNetwork?.linuxDataplane
  const name = String(stated ?? (felix.bpf ? 'BPF' : felix.nftables ? 'Nftables' : 'Iptables')).toLowerCase()
  if (name === 'iptables') return
  const words: Readonly<Record<string, string>> = {
    bpf: 'eBPF',
    ebpf: 'eBPF',
    nftables: 'nftables',
    vpp: 'VPP',
  }
  report(
    'cni-not-modelled',
    `Calico's ${words[name] ?? name} dataplane is not modelled rule by rule: its iptables dataplane stands for it, with kube-proxy beside it`,
    { fix: 'take routes and addresses as they are, and rules and hooks as those of the iptables dataplane' },
  )
}

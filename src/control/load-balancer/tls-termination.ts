import type { ClusterService } from '../../model/cluster.ts'

/** What a balancer does with the bytes of the connections to one of its ports, beside sending them on. */
export interface BalancerListener {
  /** It ends the client's TLS. */
  readonly endsTls: boolean
  /** It begins TLS of its own towards the node. */
  readonly encrypts: boolean
  /** It reads HTTP and writes X-Forwarded-For, -Proto and -Port. */
  readonly readsHttp: boolean
}

const prefix = 'service.beta.kubernetes.io/aws-load-balancer-'
const untouched: BalancerListener = { endsTls: false, encrypts: false, readsHttp: false }

/**
 * The listener of a port by the annotations of AWS. Mirrors buildListener of the controller in Kubernetes for a Classic
 * Load Balancer: with a certificate and without a word of the backend it is SSL in front of TCP; `http` and `https`
 * make it an HTTP proxy. An NLB knows TLS and TCP alone (AWS Load Balancer Controller, "Service annotations").
 */
export function balancerListener(
  { annotations, balancer, ports }: ClusterService,
  port: number,
): BalancerListener {
  const profile = balancer?.profile ?? ''
  const isClassic = profile === 'aws-classic'
  if (!isClassic && !profile.startsWith('aws-nlb')) return untouched
  const backend = annotations[`${prefix}backend-protocol`] ?? ''
  const certificate = annotations[`${prefix}ssl-cert`] ?? ''
  const name = ports.find((one) => one.port === port)?.name ?? ''
  const endsTls = certificate !== '' && isListed(annotations[`${prefix}ssl-ports`], port, name)
  if (!isClassic) return { endsTls, encrypts: endsTls && backend === 'ssl', readsHttp: false }
  if (!endsTls) return { ...untouched, readsHttp: backend === 'http' }
  return {
    endsTls,
    encrypts: backend === 'https' || backend === 'ssl',
    readsHttp: backend === 'http' || backend === 'https',
  }
}

/** `443,https`: numbers and names; every port, if left out or `*`. */
function isListed(text: string | undefined, port: number, name: string): boolean {
  if (text === undefined || text === '' || text === '*') return true
  const entries = text.split(',').map((one) => one.trim().toLowerCase())
  return entries.includes(String(port)) || (name !== '' && entries.includes(name.toLowerCase()))
}

import { TCP, UDP } from '../../base/packet.ts'
import type { Places } from '../save-format/options.ts'

/** What is known of a target whose options are kept as text. */
export interface UnmodelledTarget extends Places {
  /** It leaves everything alone that a walk looks at, so that the packet simply goes on. */
  readonly harmless: boolean
}

const harmless = { harmless: true }
const unknown = { harmless: false }

/**
 * Targets of the kernel and of xtables-addons that are read and printed as text. They are listed so that a name
 * after `-j` that is neither a chain nor a target is found, and that they stand where the kernel lets them stand.
 */
export const unmodelledTargets: Readonly<Record<string, UnmodelledTarget>> = {
  ACCOUNT: harmless,
  AUDIT: harmless,
  CHAOS: unknown,
  CLUSTERIP: { ...unknown, family: 4, tables: ['filter'], hooks: ['INPUT'] },
  CONNSECMARK: { ...harmless, tables: ['mangle', 'security'] },
  DELUDE: { ...unknown, tables: ['filter'] },
  DHCPMAC: { ...harmless, tables: ['mangle'] },
  DNETMAP: { ...unknown, tables: ['nat'] },
  DNPT: { ...unknown, family: 6, tables: ['mangle'] },
  ECHO: unknown,
  ECN: { ...harmless, family: 4, tables: ['mangle'] },
  FLOWOFFLOAD: { ...harmless, tables: ['filter'] },
  FULLCONENAT: { ...unknown, tables: ['nat'] },
  HMARK: unknown,
  IDLETIMER: harmless,
  IPMARK: unknown,
  LED: harmless,
  LOGMARK: harmless,
  MIRROR: unknown,
  NFQUEUE: unknown,
  PROTO: unknown,
  RATEEST: harmless,
  RTPENGINE: unknown,
  SECMARK: { ...harmless, tables: ['mangle', 'security'] },
  SNPT: { ...unknown, family: 6, tables: ['mangle'] },
  SYNPROXY: { ...unknown, hooks: ['INPUT', 'FORWARD'], protocols: [TCP] },
  SYSRQ: unknown,
  TARPIT: { ...unknown, protocols: [TCP] },
  TCPOPTSTRIP: { ...harmless, tables: ['mangle'], protocols: [TCP] },
  TEE: harmless,
  TPROXY: { ...unknown, tables: ['mangle'], hooks: ['PREROUTING'], protocols: [TCP, UDP] },
  ULOG: { ...harmless, family: 4 },
}

import type { CalicoEntityRule, CalicoRule } from '../../model/calico-policy-objects.ts'
import type { Check, Path } from './calico-values.ts'
import { checkNets, checkOneOf, checkPorts, checkSelectorText } from './calico-values.ts'
import { demand, refuse } from './kind.ts'

const actions = ['Allow', 'Deny', 'Log', 'Pass']
/** Names that Calico has for protocols; every other is a number. */
const protocolNames = ['TCP', 'UDP', 'ICMP', 'ICMPv6', 'SCTP', 'UDPLite']
const withPorts = ['TCP', 'UDP', 'SCTP', '6', '17', '132']

/** Refuses what libcalico-go refuses of a rule (validateRule of lib/validator/v3). */
export function checkCalicoRule(check: Check, rule: CalicoRule, path: Path): void {
  const { located, report } = check
  const { action, protocol, notProtocol, source = {}, destination = {} } = rule
  if (action === undefined || action === '')
    demand(located, report, [...path, 'action'], 'write Allow or Deny')
  else checkOneOf(check, action, actions, [...path, 'action'])
  checkProtocol(check, protocol, [...path, 'protocol'])
  checkProtocol(check, notProtocol, [...path, 'notProtocol'])
  checkEntity(check, source, [...path, 'source'])
  checkEntity(check, destination, [...path, 'destination'])
  checkPortsOf(check, rule, path)
  checkIcmp(check, rule, path)
  if (rule.ipVersion !== undefined && rule.ipVersion !== 4 && rule.ipVersion !== 6)
    refuse(located, report, [...path, 'ipVersion'], `ipVersion ${rule.ipVersion} is not 4 or 6`)
  if (rule.http !== undefined && action !== 'Allow')
    refuse(located, report, [...path, 'http'], 'http stands in rules that allow alone')
  const isIngress = path[1] === 'ingress'
  const wrongEnd = isIngress ? destination.services : source.services
  if (wrongEnd) {
    const end = isIngress ? 'destination' : 'source'
    const message = `a Service cannot be the ${end} of an ${isIngress ? 'ingress' : 'egress'} rule`
    refuse(located, report, [...path, end, 'services'], message)
  }
}

function checkProtocol(check: Check, protocol: number | string | undefined, path: Path): void {
  const { located, report } = check
  if (protocol === undefined) return
  if (!/^\d+$/.test(String(protocol))) {
    checkOneOf(check, String(protocol), protocolNames, path)
  } else if (Number(protocol) < 1 || Number(protocol) > 255) {
    refuse(located, report, path, `protocol ${protocol} is not from 1 to 255`)
  }
}

function checkEntity(check: Check, entity: CalicoEntityRule, path: Path): void {
  const { located, report } = check
  const { selector, notSelector, namespaceSelector, nets, notNets, services, serviceAccounts } = entity
  checkSelectorText(check, selector, [...path, 'selector'])
  checkSelectorText(check, notSelector, [...path, 'notSelector'])
  checkSelectorText(check, namespaceSelector, [...path, 'namespaceSelector'], true)
  checkSelectorText(check, serviceAccounts?.selector, [...path, 'serviceAccounts', 'selector'])
  checkNets(check, nets, [...path, 'nets'])
  checkNets(check, notNets, [...path, 'notNets'])
  for (const [index, net] of (notNets ?? []).entries()) {
    if (!/^(0\.0\.0\.0|::)\/0$/.test(net)) continue
    refuse(located, report, [...path, 'notNets', index], `a rule that excludes ${net} matches nothing`)
  }
  if (!services) return
  if ((services.name ?? '') === '') demand(located, report, [...path, 'services', 'name'])
  const fields = [
    'selector',
    'notSelector',
    'namespaceSelector',
    'serviceAccounts',
    'nets',
    'notNets',
    'ports',
    'notPorts',
  ] as const
  const other = fields.find((field) => entity[field] !== undefined)
  if (other !== undefined) {
    const message = `services and ${other} do not stand beside one another`
    refuse(located, report, [...path, other], message, 'make two rules of it')
  }
}

const portFields = ['ports', 'notPorts'] as const

function checkPortsOf(check: Check, rule: CalicoRule, path: Path): void {
  const { located, report } = check
  for (const end of ['source', 'destination'] as const) {
    for (const field of portFields) {
      const ports = rule[end]?.[field] ?? []
      const at = [...path, end, field]
      checkPorts(check, ports, at)
      if (ports.length === 0) continue
      if (rule.protocol === undefined && ports.some((port) => /^\d/.test(String(port)))) {
        const fix = 'write protocol: TCP, or UDP'
        refuse(located, report, at, 'ports by number need a protocol beside source and destination', fix)
      } else if (rule.protocol !== undefined && !withPorts.includes(String(rule.protocol))) {
        refuse(located, report, at, `the protocol ${rule.protocol} has no ports`)
      }
    }
  }
}

function checkIcmp({ located, report }: Check, rule: CalicoRule, path: Path): void {
  for (const field of ['icmp', 'notICMP'] as const) {
    const icmp = rule[field]
    if (!icmp) continue
    if (icmp.code !== undefined && icmp.type === undefined)
      refuse(located, report, [...path, field, 'code'], 'a code of ICMP needs a type')
    if (field === 'icmp' && rule.protocol !== 'ICMP' && rule.protocol !== 'ICMPv6') {
      const fix = 'write protocol: ICMP, or ICMPv6'
      refuse(located, report, [...path, field], 'icmp needs the protocol ICMP or ICMPv6', fix)
    }
  }
}

import { describe, expect, test } from 'vitest'
import { parseSelector } from '../../../src/base/calico-selector.ts'
import { matchesLabels } from '../../../src/control/cni/calico/selector.ts'
import type { Diagnostic } from '../../../src/index.ts'
import { InputError } from '../../../src/index.ts'
import type { ExampleOptions } from '../../support/cni-example.ts'
import { example } from '../../support/cni-example.ts'

/** What is said of the input, whether or not it can be worked with. */
function saidOf(options: ExampleOptions): readonly Diagnostic[] {
  try {
    return example(options).diagnostics
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics
    throw error
  }
}

const pool = (spec: string) =>
  `{apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: main}, spec: {${spec}}}`

describe('configuration that contradicts itself or the cluster is told, with its place', () => {
  test.each([
    [
      'a pool that overlaps the Services',
      pool('cidr: 10.96.0.0/16'),
      'configuration-conflict',
      'overlaps the Service addresses 10.96.0.0/12',
    ],
    [
      'a pool that holds a node',
      pool('cidr: 192.168.0.0/16'),
      'configuration-conflict',
      'overlaps the address of a node',
    ],
    [
      'IPIP in an IPv6 pool',
      pool('cidr: "fd00:10::/64", ipipMode: Always'),
      'invalid-value',
      'IPIP carries IPv4 alone',
    ],
    [
      'two encapsulations',
      pool('cidr: 10.244.0.0/16, ipipMode: Always, vxlanMode: Always'),
      'invalid-value',
      'one encapsulation',
    ],
    [
      'a mode that is none',
      pool('cidr: 10.244.0.0/16, vxlanMode: Sometimes'),
      'invalid-value',
      'none of Always',
    ],
    [
      'a pool smaller than a block',
      pool('cidr: 10.244.0.0/27'),
      'invalid-value',
      'smaller than one block of /26',
    ],
    [
      'blocks that are not possible',
      pool('cidr: 10.244.0.0/16, blockSize: 12'),
      'invalid-value',
      'not possible',
    ],
    [
      'blocks of one address',
      pool('cidr: 10.244.0.0/16, blockSize: 32'),
      'configuration-conflict',
      'too small to be shared out',
    ],
    [
      'IPIP that Felix is told to leave',
      `${pool('cidr: 10.244.0.0/16, ipipMode: Always')}\n---\n{apiVersion: projectcalico.org/v3, kind: FelixConfiguration, metadata: {name: default}, spec: {ipipEnabled: false}}`,
      'configuration-conflict',
      'FelixConfiguration turns off',
    ],
    ['pods outside every pool', pool('cidr: 10.200.0.0/16'), 'pod-ip-outside-node', 'outside the block'],
  ])('%s', (_name, more, code, words) => {
    const said = saidOf({ more }).filter((one) => one.code === code)
    const found = said.find((one) => one.message.includes(words))
    expect(found?.message ?? said).toContain(words)
    expect(found?.at?.file).toBe('example.yaml')
  })

  test.each([
    ['calico:encapsulation=gre', 'invalid-setting', 'no encapsulation "gre"'],
    ['calico:dataplane=ebpf', 'cni-not-modelled', 'eBPF dataplane'],
  ])('%s', (cni, code, words) => {
    expect(saidOf({ cni }).find((one) => one.code === code)?.message).toContain(words)
  })
})

const labels = { zone: 'a', 'node-role.kubernetes.io/worker': '' }

test.each([
  ['', true],
  ['all()', true],
  ['has(zone)', true],
  ['!has(zone)', false],
  ["zone == 'a'", true],
  ['zone != "a"', false],
  ["zone in {'a', 'b'}", true],
  ["zone not in {'a', 'b'}", false],
  ["zone == 'b' || has(node-role.kubernetes.io/worker)", true],
  ["zone == 'a' && !(has(zone))", false],
  ["zone starts with 'a' && zone ends with 'a' && zone contains 'a'", true],
])('the selector %s selects a node of zone a: %s', (text, selected) => {
  const selector = parseSelector(text)
  expect(selector && matchesLabels(selector, labels)).toBe(selected)
})

test.each(['zone ==', "zone = 'a'", '(all()', 'any()', "'a' == zone"])('%s is no selector', (text) => {
  expect(parseSelector(text)).toBeUndefined()
})

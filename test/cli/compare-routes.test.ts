import { describe, expect, test } from 'vitest'
import { ingressProfiles } from '../../src/index.ts'
import { runCli } from '../support/run-cli.ts'

const ingress = 'examples/migration/ingress.yaml'
const gateway = 'examples/migration/gateway.yaml'

describe('kubewalk compare-routes', () => {
  test('says 1 of sides that differ, with the smallest request, both answers and the places of both rules', async () => {
    const { code, out } = await runCli(['compare-routes', ingress, gateway])
    expect(code).toBe(1)
    expect(out).toContain('  GET http://two.one.shop.example.com/\n')
    expect(out).toContain(`${ingress}  404\n`)
    expect(out).toContain(`HTTPRoute default/shop rule 2: PathPrefix / (${gateway}:31)`)
    expect(out).toContain('[wildcard-depth]')
    expect(out).toContain('3 further differences of other causes or rules; --all lists them')
  })
  test('lists every cause with --all', async () => {
    const { code, out } = await runCli(['compare-routes', ingress, gateway, '--all'])
    expect(code).toBe(1)
    expect(out).toContain('  GET http://shop.example.com/cart\n')
    expect(out).toContain('301 http://shop.example.com/cart/\n')
    expect(out).toMatch(/Ingress default\/shop, rule 1, path 1: .* \(examples\/migration\/ingress.yaml:15\)/)
    expect(out).toContain('[slash-redirect]')
    expect(out).not.toContain('--all lists them')
  })
  test('gives the same as JSON', async () => {
    const { code, out } = await runCli(['compare-routes', ingress, gateway, '-o', 'json'])
    const said = JSON.parse(out)
    expect(code).toBe(1)
    expect(said).toMatchObject({ alike: false, left: ingress, right: gateway })
    expect(said.differences[0]).toMatchObject({
      cause: 'wildcard-depth',
      request: { method: 'GET', host: 'two.one.shop.example.com', path: '/' },
      left: { status: 404 },
      right: { answer: 'default/web:80' },
    })
  })
  test.for(Object.keys(ingressProfiles))('says 0 of a side and itself, as %s reads it', async (profile) => {
    const { code, out } = await runCli(['compare-routes', ingress, ingress, '--profile', profile])
    expect(out).toMatch(/^alike: .* \([1-9]\d* requests of [1-9]\d* classes compared\)\n/)
    expect(out).not.toContain('is not served as written')
    expect(code).toBe(0)
  })
  test('says 2 where a side has nothing to compare', async () => {
    const { code, err } = await runCli(['compare-routes', ingress, 'examples/notes/cluster-ip.yaml'])
    expect(code).toBe(2)
    expect(err).toContain('examples/notes/cluster-ip.yaml has neither an Ingress nor a Gateway')
  })
  test('says 2 of input that is wrong', async () => {
    const { code, err } = await runCli(
      ['compare-routes', ingress, '-'],
      'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: x}\nspec: {}\n',
    )
    expect(code).toBe(2)
    expect(err).toContain('spec.listeners is required')
  })
})

import { describe, expect, test } from 'vitest'
import { flagIsOn } from '../../../src/control/ingress/controller.ts'
import type { IngressProfileName } from '../../../src/control/ingress/profile.ts'
import { classOf, ingressProxies } from '../../../src/control/ingress/registry.ts'
import type { Rule } from './fixtures.ts'
import { ask, clusterWith, controller, proxyOf, request, serviceManifests } from './fixtures.ts'

/** One set of rules under every controller: what differs is what the documentation of each says of it. */

const foo: Rule = ['a.test', '/foo', 'Prefix', 'foo', 80]
const root: Rule = ['a.test', '/', 'Prefix', 'root', 80]

const nodePorts = { 'alb.ingress.kubernetes.io/target-type': 'ip' }

type Profile = IngressProfileName | 'traefik strict' | 'traefik empty'

const flags: Readonly<Record<string, readonly string[]>> = {
  'traefik strict': ['--providers.kubernetesingress.strictprefixmatching=true'],
  'traefik empty': ['--providers.kubernetesingress.allowemptyservices=true'],
}

const alb = { 'kubernetes.io/ingress.class': 'alb', ...nodePorts }

/** A Service for GCE has endpoint groups. */
function withGroups(
  name: string,
  index: number,
  options: { readonly without?: readonly string[] },
): readonly object[] {
  const ready = options.without?.includes(name) ? 0 : 1
  const annotations = { 'cloud.google.com/neg': '{"ingress": true}' }
  const [service, slice] = serviceManifests(name, index, ready)
  return [{ ...service, metadata: { name, annotations } }, slice ?? {}]
}

function endUnder(
  profile: Profile,
  rules: readonly Rule[],
  url: string,
  options: { readonly missing?: readonly string[]; readonly without?: readonly string[] } = {},
): string {
  const name = profile.split(' ')[0] as IngressProfileName
  const isGce = name === 'gce'
  const names = rules.map(([, , , service]) => service)
  const kept = names.filter((one) => !options.missing?.includes(one))
  const more = isGce ? kept.flatMap((one, index) => withGroups(one, index, options)) : []
  const cluster = clusterWith([{ rules, annotations: name === 'alb' ? alb : {} }], {
    ...options,
    missing: [...(options.missing ?? []), ...(isGce ? names : [])],
    more,
  })
  const [first] = ingressProxies(name, {
    cluster,
    controller: controller(['--watch-ingress-without-class', ...(flags[profile] ?? [])]),
  })
  if (first?.rejected) return `rejected: ${first.rejected.code}`
  return first?.proxy ? ask(first.proxy, request(url)) : 'nothing'
}

const everyProfile: readonly Profile[] = [
  'ingress-nginx',
  'traefik',
  'traefik strict',
  'haproxy-ingress',
  'haproxytech',
  'gce',
  'alb',
]

describe('x01: Prefix /foo and /foobar', () => {
  test.for(everyProfile.filter((one) => one !== 'traefik'))('%s: by elements', (profile) => {
    expect(endUnder(profile, [foo, root], 'http://a.test/foobar')).toBe('root:80')
  })
  test('traefik: letter by letter', () => {
    expect(endUnder('traefik', [foo, root], 'http://a.test/foobar')).toBe('foo:80')
  })
})

describe('x02: the Service of /foo is missing', () => {
  // biome-ignore format: one controller a line
  test.for([
    ['ingress-nginx', '503'],
    ['traefik', 'root:80'],
    ['haproxy-ingress', 'root:80'],
    ['haproxytech', 'root:80'],
    ['alb', '503'],
    ['gce', 'rejected: service-missing'],
  ] as const)('%s: %s', ([profile, end]) => {
    expect(endUnder(profile, [foo, root], 'http://a.test/foo', { missing: ['foo'] })).toBe(end)
  })
})

describe('x03: the Service of /foo has no ready endpoint', () => {
  // biome-ignore format: one controller a line
  test.for([
    ['ingress-nginx', '503'],
    ['traefik', 'root:80'],
    ['traefik empty', '503'],
    ['haproxy-ingress', '503'],
    ['alb', '503'],
    ['gce', '502'],
  ] as const)('%s: %s', ([profile, end]) => {
    expect(endUnder(profile, [foo, root], 'http://a.test/foo', { without: ['foo'] })).toBe(end)
  })
})

describe('x04: *.foo.com and a.b.foo.com', () => {
  const wild: Rule = ['*.foo.com', '/', 'Prefix', 'wild', 80]
  test.for(['ingress-nginx', 'traefik', 'haproxy-ingress'] as const)(
    '%s: the star is one label',
    (profile) => {
      expect(endUnder(profile, [wild], 'http://a.b.foo.com/')).toBe('404')
      expect(endUnder(profile, [wild], 'http://b.foo.com/')).toBe('wild:80')
    },
  )
  test.for(['alb', 'gce'] as const)('%s: the star is any text', (profile) => {
    expect(endUnder(profile, [wild], 'http://a.b.foo.com/')).toBe('wild:80')
  })
})

describe('a path that the rules of its host do not have', () => {
  const any: Rule = ['', '/', 'Prefix', 'any', 80]
  const own: Rule = ['a.test', '/x', 'Prefix', 'own', 80]
  // biome-ignore format: one controller a line
  test.for([
    ['ingress-nginx', '404'],
    ['traefik', 'any:80'],
    ['haproxy-ingress', 'any:80'],
    ['haproxytech', '404'],
    ['alb', 'any:80'],
    ['gce', '404'],
  ] as const)('%s: %s', ([profile, end]) => {
    expect(endUnder(profile, [own, any], 'http://a.test/y')).toBe(end)
    expect(endUnder(profile, [own, any], 'http://a.test/x')).toBe('own:80')
    expect(endUnder(profile, [own, any], 'http://b.test/y')).toBe('any:80')
  })
})

describe('an exact host without the path, and a wildcard with it', () => {
  const wild: Rule = ['*.foo.com', '/', 'Prefix', 'wild', 80]
  const only: Rule = ['bar.foo.com', '/only', 'Prefix', 'bar', 80]
  // biome-ignore format: one controller a line
  test.for([
    ['ingress-nginx', '404'],
    ['traefik', 'wild:80'],
    ['haproxy-ingress', 'wild:80'],
    ['haproxytech', '404'],
    ['alb', 'wild:80'],
    ['gce', '404'],
  ] as const)('%s: %s', ([profile, end]) => {
    expect(endUnder(profile, [wild, only], 'http://bar.foo.com/other')).toBe(end)
  })
})

describe('what ImplementationSpecific /foo takes', () => {
  const free: Rule = ['a.test', '/foo', 'ImplementationSpecific', 'foo', 80]
  // biome-ignore format: one controller a line
  test.for([
    ['ingress-nginx',   { '/foo': 'foo:80', '/foobar': 'root:80', '/foo/x': 'foo:80', '/FOO': 'root:80' }],
    ['traefik',         { '/foo': 'foo:80', '/foobar': 'foo:80', '/foo/x': 'foo:80', '/FOO': 'root:80' }],
    ['haproxy-ingress', { '/foo': 'foo:80', '/foobar': 'foo:80', '/FOO': 'foo:80' }],
    ['haproxytech',     { '/foo': 'foo:80', '/foobar': 'foo:80', '/FOO': 'root:80' }],
    ['alb',             { '/foo': 'foo:80', '/foobar': 'root:80', '/foo/x': 'root:80' }],
    ['gce',             { '/foo': 'foo:80', '/foobar': 'root:80', '/foo/x': 'root:80' }],
  ] as const)('%s: %o', ([profile, ends]) => {
    for (const [path, end] of Object.entries(ends)) {
      expect(`${path} ${endUnder(profile, [free, root], `http://a.test${path}`)}`).toBe(`${path} ${end}`)
    }
  })
})

describe('a ClusterIP Service behind a balancer of the cloud', () => {
  const cluster = (annotations: Readonly<Record<string, string>>) =>
    clusterWith([{ rules: [foo], annotations: { ...annotations } }])
  const rejection = (profile: IngressProfileName, annotations: Readonly<Record<string, string>>) =>
    ingressProxies(profile, { cluster: cluster(annotations) })[0]?.rejected?.code
  test('gce: node ports or endpoint groups', () => {
    expect(rejection('gce', {})).toBe('node-port-needed')
  })
  test('alb: target type instance', () => {
    expect(rejection('alb', { 'kubernetes.io/ingress.class': 'alb' })).toBe('node-port-needed')
  })
  test('alb: target type ip', () => {
    expect(rejection('alb', alb)).toBeUndefined()
  })
})

describe('which controller takes which Ingress', () => {
  const ingressClass = (name: string, of: string, isDefault = false) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: {
      name,
      ...(isDefault && { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } }),
    },
    spec: { controller: of },
  })
  const nginx = ingressClass('nginx', 'k8s.io/ingress-nginx')
  const other = ingressClass('web', 'traefik.io/ingress-controller')
  const annotated = (value: string) => ({ annotations: { 'kubernetes.io/ingress.class': value } })
  const profiles: readonly IngressProfileName[] = ['ingress-nginx', 'traefik', 'gce', 'alb']

  // biome-ignore format: one Ingress a line
  test.for([
    { name: 'none named',            ingress: {},                      classes: [nginx],  ends: ['class-not-named', 'taken', 'taken', 'class-not-named'] },
    { name: 'a default one',         ingress: {},                      classes: [ingressClass('nginx', 'k8s.io/ingress-nginx', true)], ends: ['taken', 'class-differs', 'class-differs', 'class-differs'] },
    { name: 'its own',               ingress: { className: 'nginx' },  classes: [nginx],  ends: ['taken', 'class-differs', 'class-differs', 'class-differs'] },
    { name: "another's",             ingress: { className: 'web' },    classes: [other],  ends: ['class-differs', 'taken', 'class-differs', 'class-differs'] },
    { name: 'one that is not there', ingress: { className: 'ngnix' },  classes: [nginx],  ends: ['class-missing', 'class-missing', 'class-differs', 'class-missing'] },
    { name: 'annotation nginx',      ingress: annotated('nginx'),      classes: [],       ends: ['taken', 'annotation-differs', 'annotation-differs', 'annotation-differs'] },
    { name: 'annotation gce',        ingress: annotated('gce'),        classes: [],       ends: ['annotation-differs', 'annotation-differs', 'taken', 'annotation-differs'] },
  ])('$name', ({ ingress, classes, ends }) => {
    const cluster = clusterWith([{ ...ingress, rules: [foo] }], { more: classes })
    const [located] = cluster.ingresses
    if (!located) throw new Error('no Ingress')
    const found = profiles.map((profile) => {
      const decision = classOf(profile, located, { cluster })
      return decision.taken ? 'taken' : decision.code
    })
    expect(found).toEqual(ends)
  })

  test('the newest of several defaults', () => {
    const old = ingressClass('old', 'x.test/old', true)
    const fresh = ingressClass('fresh', 'x.test/fresh', true)
    const dated = (one: typeof old, creationTimestamp: string) => ({
      ...one,
      metadata: { ...one.metadata, creationTimestamp },
    })
    const more = [dated(old, '2026-01-01T00:00:00Z'), dated(fresh, '2026-01-02T00:00:00Z')]
    const cluster = clusterWith([{ rules: [foo] }], { more })
    expect(cluster.ingresses[0]?.object.spec?.ingressClassName).toBe('fresh')
  })

  test.for([
    [['--controller-class=example.com/internal'], 'class-differs'],
    [['--controller-class', 'k8s.io/ingress-nginx'], 'taken'],
    [['--watch-namespace=shop'], 'namespace-not-watched'],
  ] as const)('ingress-nginx with %o: %s', ([args, end]) => {
    const cluster = clusterWith([{ className: 'nginx', rules: [foo] }], { more: [nginx] })
    const [located] = cluster.ingresses
    if (!located) throw new Error('no Ingress')
    const decision = classOf('ingress-nginx', located, { cluster, controller: controller(args) })
    expect(decision.taken ? 'taken' : decision.code).toBe(end)
  })

  test('an Ingress that is not taken is told of with its hosts and what would mend it', () => {
    const cluster = clusterWith([{ className: 'ngnix', rules: [foo] }], { more: [nginx] })
    expect(proxyOf('ingress-nginx', cluster, controller()).ignored).toMatchObject([
      { code: 'class-missing', hosts: ['a.test'], fix: 'write ingressClassName: nginx' },
    ])
  })
})

test.for([
  [['--a'], true],
  [['--a=false'], false],
  [['-a', 'true'], true],
  [['--a', '--b'], true],
  [['--b=true'], false],
] as const)('flag a of %o: %s', ([args, on]) => {
  expect(flagIsOn(args, 'a')).toBe(on)
})

import type { SourceLocation } from '../../../base/source.ts'
import type { Branch } from '../../branch.ts'
import type { DnsQuery } from '../../message.ts'
import type { Forwarder } from '../forward/options.ts'
import type { KubernetesOptions } from '../kubernetes/options.ts'
import type { CacheConfig } from './cache.ts'
import { cache } from './cache.ts'
import type { Directive } from './directive.ts'
import { forward } from './forward.ts'
import { kubernetes } from './kubernetes.ts'
import type { LoadBalanceConfig } from './loadbalance.ts'
import { loadbalance } from './loadbalance.ts'
import { errors, health, log, loop, prometheus, ready, reload } from './observers.ts'
import type { PluginName } from './order.ts'
import type { Next, NoConfig, PluginContext, PluginModule, Reply } from './plugin.ts'
import type { BindConfig, RootConfig } from './setup.ts'
import { bind, root } from './setup.ts'
import { notModelled, setupOnly, silent } from './silent.ts'

/** What each plugin keeps of the Corefile; those that are not named keep nothing. */
interface PluginFields {
  readonly bind: BindConfig
  readonly cache: CacheConfig
  readonly forward: readonly Forwarder[]
  readonly kubernetes: KubernetesOptions
  readonly loadbalance: LoadBalanceConfig
  readonly root: RootConfig
}

type ConfigOf<N extends PluginName> = N extends keyof PluginFields ? PluginFields[N] : NoConfig

/** One plugin of a server block as it is configured. */
export type Plugin<N extends PluginName = PluginName> = {
  [K in N]: { readonly name: K; readonly at: SourceLocation; readonly config: ConfigOf<K> }
}[N]

const modules: { readonly [N in PluginName]: PluginModule<ConfigOf<N>> } = {
  acl: notModelled('it refuses or drops queries by their sender'),
  any: notModelled('it answers queries for ANY'),
  auto: notModelled('it answers from zone files in a folder'),
  autopath: notModelled('it walks the search list of the client'),
  azure: notModelled('it answers from Azure DNS'),
  bind,
  bufsize: notModelled('it limits the size of answers'),
  cache,
  cancel: silent,
  chaos: notModelled('it answers queries of class CH'),
  clouddns: notModelled('it answers from Google Cloud DNS'),
  debug: setupOnly,
  dns64: notModelled('it makes AAAA records of A records'),
  dnssec: notModelled('it answers for DNSKEY, and signs answers where that is asked for'),
  dnstap: silent,
  erratic: notModelled('it drops, delays or truncates answers at will'),
  errors,
  etcd: notModelled('it answers from etcd'),
  file: notModelled('it answers from zone files'),
  forward,
  geoip: silent,
  grpc: notModelled('it forwards over gRPC'),
  grpc_server: setupOnly,
  header: notModelled('it sets or clears flags'),
  health,
  hosts: notModelled('it answers from a hosts file'),
  https: setupOnly,
  https3: setupOnly,
  k8s_external: notModelled('it answers for external addresses of Services'),
  kubernetes,
  loadbalance,
  local: notModelled('it answers for localhost'),
  log,
  loop,
  metadata: silent,
  minimal: notModelled('it leaves records out'),
  multisocket: setupOnly,
  nomad: notModelled('it answers for services of Nomad'),
  nsid: silent,
  on: setupOnly,
  pprof: setupOnly,
  prometheus,
  proxyproto: notModelled('it takes the address of the client from a PROXY header'),
  quic: setupOnly,
  ready,
  reload,
  rewrite: notModelled('it changes names'),
  root,
  route53: notModelled('it answers from AWS Route 53'),
  secondary: notModelled('it answers from a zone that it transfers'),
  shed: notModelled('it drops queries under load'),
  sign: setupOnly,
  template: notModelled('it makes answers'),
  timeouts: setupOnly,
  tls: setupOnly,
  trace: silent,
  transfer: silent,
  tsig: notModelled('it may refuse queries without a signature'),
  view: notModelled('it serves only some queries'),
  whoami: notModelled('it answers with the address of the client'),
}

/** Reads a plugin. Throws a CorefileFault. */
export function parsePlugin<N extends PluginName>(
  name: N,
  directive: Directive,
  at: SourceLocation,
): Plugin<N> {
  return { name, at, config: modules[name].parse(directive) }
}

/** Whether the plugin stands in the chain that queries pass. */
export function isHandler(name: PluginName): boolean {
  return modules[name].setupOnly !== true
}

/** How a plugin that is not modelled could change an answer; absent for the others. */
export function effectOf(name: PluginName): string | undefined {
  return modules[name].effect
}

/** Lets a plugin serve a query; one that does nothing with it passes it on. */
export function servePlugin<N extends PluginName>(
  plugin: Plugin<N>,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  const { serve } = modules[plugin.name]
  return serve === undefined ? next(query) : serve(plugin.config, query, next, context)
}

/** The plugin of this name in a block. */
export function pluginOf<N extends PluginName>(plugins: readonly Plugin[], name: N): Plugin<N> | undefined {
  return plugins.find((plugin): plugin is Extract<Plugin<N>, Plugin> => plugin.name === name)
}

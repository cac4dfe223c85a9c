import type { SourceLocation } from '../../../base/source.ts'
import type { Branch } from '../../branch.ts'
import type { DnsQuery } from '../../message.ts'
import type { Forwarder } from '../forward/options.ts'
import type { KubernetesOptions } from '../kubernetes/options.ts'
import type { Rule } from '../rewrite/rule.ts'
import type { AccessRule } from './acl.ts'
import { acl } from './acl.ts'
import { any } from './any.ts'
import type { AutopathConfig } from './autopath.ts'
import { autopath } from './autopath.ts'
import type { BufferSize } from './bufsize.ts'
import { bufsize } from './bufsize.ts'
import type { CacheConfig } from './cache.ts'
import { cache } from './cache.ts'
import type { ChaosConfig } from './chaos.ts'
import { chaos } from './chaos.ts'
import type { Directive } from './directive.ts'
import type { FileConfig } from './file.ts'
import { file } from './file.ts'
import { forward } from './forward.ts'
import type { HeaderConfig } from './header.ts'
import { header } from './header.ts'
import type { HostsConfig } from './hosts.ts'
import { hosts } from './hosts.ts'
import type { ExternalConfig } from './k8s-external.ts'
import { k8sExternal } from './k8s-external.ts'
import { kubernetes } from './kubernetes.ts'
import type { LoadBalanceConfig } from './loadbalance.ts'
import { loadbalance } from './loadbalance.ts'
import type { LocalConfig } from './local.ts'
import { local } from './local.ts'
import { minimal } from './minimal.ts'
import { errors, health, log, loop, prometheus, ready, reload } from './observers.ts'
import type { PluginName } from './order.ts'
import type { Next, NoConfig, PluginContext, PluginModule, Reply } from './plugin.ts'
import { rewrite } from './rewrite.ts'
import type { BindConfig, RootConfig } from './setup.ts'
import { bind, root } from './setup.ts'
import { notModelled, setupOnly, silent } from './silent.ts'
import type { TemplateRule } from './template.ts'
import { template } from './template.ts'
import { whoami } from './whoami.ts'

/** What each plugin keeps of the Corefile; those that are not named keep nothing. */
interface PluginFields {
  readonly acl: readonly AccessRule[]
  readonly autopath: AutopathConfig
  readonly bind: BindConfig
  readonly bufsize: BufferSize
  readonly cache: CacheConfig
  readonly chaos: ChaosConfig
  readonly file: FileConfig
  readonly forward: readonly Forwarder[]
  readonly header: HeaderConfig
  readonly hosts: HostsConfig
  readonly k8s_external: ExternalConfig
  readonly kubernetes: KubernetesOptions
  readonly loadbalance: LoadBalanceConfig
  readonly local: LocalConfig
  readonly rewrite: readonly Rule[]
  readonly root: RootConfig
  readonly template: readonly TemplateRule[]
}

type ConfigOf<N extends PluginName> = N extends keyof PluginFields ? PluginFields[N] : NoConfig

/** One plugin of a server block as it is configured. */
export type Plugin<N extends PluginName = PluginName> = {
  [K in N]: { readonly name: K; readonly at: SourceLocation; readonly config: ConfigOf<K> }
}[N]

const modules: { readonly [N in PluginName]: PluginModule<ConfigOf<N>> } = {
  acl,
  any,
  auto: notModelled('it answers from zone files in a folder'),
  autopath,
  azure: notModelled('it answers from Azure DNS'),
  bind,
  bufsize,
  cache,
  cancel: silent,
  chaos,
  clouddns: notModelled('it answers from Google Cloud DNS'),
  debug: setupOnly,
  dns64: notModelled('it makes AAAA records of A records'),
  dnssec: notModelled('it answers for DNSKEY, and signs answers where that is asked for'),
  dnstap: silent,
  erratic: notModelled('it drops, delays or truncates answers at will'),
  errors,
  etcd: notModelled('it answers from etcd'),
  file,
  forward,
  geoip: silent,
  grpc: notModelled('it forwards over gRPC'),
  grpc_server: setupOnly,
  header,
  health,
  hosts,
  https: setupOnly,
  https3: setupOnly,
  k8s_external: k8sExternal,
  kubernetes,
  loadbalance,
  local,
  log,
  loop,
  metadata: silent,
  minimal,
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
  rewrite,
  root,
  route53: notModelled('it answers from AWS Route 53'),
  secondary: notModelled('it answers from a zone that it transfers'),
  shed: notModelled('it drops queries under load'),
  sign: setupOnly,
  template,
  timeouts: setupOnly,
  tls: setupOnly,
  trace: silent,
  transfer: silent,
  tsig: notModelled('it may refuse queries without a signature'),
  view: notModelled('it serves only some queries'),
  whoami,
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

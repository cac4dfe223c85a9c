import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { formatRuleSet, parseCluster } from '../src/index.ts'
import { largeCluster, podsBehind } from './clusters.ts'
import { largeDump } from './dumps.ts'
import { benchDiff, benchReach } from './reach.ts'

/** Prints the figures of docs/benchmarks.md. Nothing here is a test: machines differ. */

function out(text: string): void {
  process.stdout.write(`${text}\n`)
}

function milliseconds(run: () => void): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function wall(command: string, args: readonly string[], cwd = '.'): number {
  const run = () => execFileSync(command, args, { stdio: 'ignore', cwd })
  return median(Array.from({ length: 9 }, () => milliseconds(run)))
}

function coldStart(): void {
  const example = ['trace', 'pod/client', 'http-go-svc:80', '-f', resolve('examples/notes/cluster-ip.yaml')]
  const node = wall('node', ['-e', '0'])
  const direct = wall('node', ['dist/cli/kubewalk.js', ...example])
  const own = wall('npx', ['kubewalk', ...example])
  const project = projectWithKubewalk()
  const dependency = wall('npx', ['kubewalk', ...example], project)
  const nothing = wall('npx', ['nothing'], project)
  rmSync(project, { recursive: true })
  out(`cold start, median of 9: kubewalk trace ${direct.toFixed(0)} ms (node itself ${node.toFixed(0)} ms)`)
  out(
    `  npx kubewalk in a project that depends on it ${dependency.toFixed(0)} ms (npx itself ${nothing.toFixed(0)} ms)`,
  )
  out(`  npx kubewalk in this repository, where npx looks through all packages first, ${own.toFixed(0)} ms`)
}

/** A folder in which npm has put kubewalk's command, and one that does nothing. */
function projectWithKubewalk(): string {
  const project = mkdtempSync(join(tmpdir(), 'kubewalk-bench-'))
  const bin = join(project, 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  chmodSync('dist/cli/kubewalk.js', 0o755)
  symlinkSync(resolve('dist/cli/kubewalk.js'), join(bin, 'kubewalk'))
  symlinkSync('/bin/true', join(bin, 'nothing'))
  return project
}

function rulesOfOneNode(): void {
  const cluster = parseCluster([largeCluster(10_000, 15)])
  let bytes = 0
  const time = milliseconds(() => {
    for (const set of cluster.ruleSets('node-0') ?? []) bytes += formatRuleSet(set).length
  })
  const memory = process.memoryUsage().rss / 2 ** 20
  out(
    `rules of one node, 10,000 Services x 15 endpoints: ${time.toFixed(0)} ms, ${(bytes / 1e6).toFixed(0)} MB of text`,
  )
  out(`  resident memory after it: ${memory.toFixed(0)} MiB`)
}

function walks(services: number): number {
  const target = Math.floor(services / 2)
  const cluster = parseCluster([largeCluster(services, 15), podsBehind(target, 15)])
  const request = { from: 'pod/client', to: `svc/svc-${target}:80` } as const
  const first = milliseconds(() => cluster.trace(request))
  const times = Array.from({ length: 300 }, () => milliseconds(() => cluster.trace(request)))
  const p50 = median(times)
  const outcomes = cluster.trace(request).outcomes.length
  out(
    `walk, ${services} Services x 15: p50 ${p50.toFixed(2)} ms, first ${first.toFixed(0)} ms, ${outcomes} outcomes`,
  )
  return p50
}

/** Loads what was collected on a node, and walks one packet through it. */
function dumpOf(rules: number, entries: number, connections: number): number {
  const files = largeDump(rules, entries, connections)
  const nodeDumps = new Map([['large', files]])
  let cluster = parseCluster([], { nodeDumps: new Map([['large', largeDump(10, 1, 1)]]) })
  const load = milliseconds(() => {
    cluster = parseCluster([], { nodeDumps })
  })
  const request = { from: '198.51.100.7', to: '10.100.0.9:80' } as const
  const first = milliseconds(() => cluster.trace(request))
  const memory = process.memoryUsage().rss / 2 ** 20
  out(
    `dump of ${rules} rules, ${entries} set entries, ${connections} connections: loaded in ${load.toFixed(0)} ms, first walk ${first.toFixed(0)} ms, resident ${memory.toFixed(0)} MiB`,
  )
  return load
}

coldStart()
benchReach(out)
benchDiff(out)
rulesOfOneNode()
const times = [100, 1000, 10_000].map(walks)
out(`walks at 10,000 Services against 100: x${((times[2] ?? 0) / (times[0] ?? 1)).toFixed(2)}`)
const loads = [dumpOf(50_000, 5000, 10_000), dumpOf(500_000, 50_000, 100_000)]
out(`a dump ten times as large: x${((loads[1] ?? 0) / (loads[0] ?? 1)).toFixed(2)}`)

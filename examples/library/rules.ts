import { formatTableSpec, loadCluster } from 'kubewalk'

const cluster = await loadCluster(['examples/notes/kube-services.yaml'])

// One rule set for IPv4 and one for IPv6; formatRuleSet prints a whole one as iptables-save does.
for (const { family, tables } of cluster.ruleSets('worker') ?? []) {
  const nat = tables.find((table) => table.name === 'nat')
  if (nat && family === 4) console.log(formatTableSpec(nat, family, 'KUBE-SVC-NPX46M4PTMTKRN6Y'))
}

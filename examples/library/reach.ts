import { drawReach, loadCluster, plain } from 'kubewalk'

const cluster = await loadCluster(['examples/policies/shop.yaml'])
const { groups, rows } = cluster.reach({ to: 'svc/shop/db:5432' })

for (const { to, cells } of rows) {
  for (const { id } of groups) {
    const { shares = [] } = cells.find(({ from }) => from.includes(id)) ?? {}
    const reached = shares.find(({ disposition }) => disposition === 'reached')?.share ?? 0
    const denied = shares.flatMap((share) => share.denied ?? [])
    console.log(id, '→', to.id, reached, ...denied)
  }
}

const part = cluster.reach({ from: 'ns/shop', to: 'ns/shop' })
console.log([...drawReach(part, 'matrix', { columns: 100, style: plain })].join(''))

import { drawReach, loadCluster, plain } from 'kubewalk'

const cluster = await loadCluster(['examples/policies/shop.yaml'])
const reach = cluster.reach({ to: 'svc/shop/db:5432' })

for (const { to, cells } of reach.rows) {
  for (const { from, shares } of cells) {
    const ends = shares.map(({ disposition, share, denied }) =>
      denied ? `${share} ${disposition} (${denied})` : `${share} ${disposition}`,
    )
    console.log(to.id, from.join(' '), ends.join(', '))
  }
}

const part = cluster.reach({ from: 'ns/shop', to: 'ns/shop' })
console.log([...drawReach(part, 'matrix', { columns: 100, style: plain })].join(''))

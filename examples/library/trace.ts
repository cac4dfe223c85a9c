import { loadCluster } from 'kubewalk'

const cluster = await loadCluster(['examples/notes/cluster-ip.yaml'])
const journey = cluster.trace({ from: 'pod/client', to: 'http-go-svc:80' })

for (const { probability, disposition, destination } of journey.outcomes) {
  console.log(probability.toFixed(3), disposition, destination?.name, destination?.node)
}

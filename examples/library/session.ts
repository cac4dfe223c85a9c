import { loadCluster } from 'kubewalk'

const cluster = await loadCluster(['examples/notes/session-affinity.yaml'])
const connections = cluster.repeat(
  { from: 'pod/client', to: 'http-go-svc:80' },
  { count: 20, interval: 1000, seed: 7 },
)

const pods = new Set(connections.flatMap(({ outcomes }) => outcomes.map((one) => one.destination?.name)))
console.log(`${connections.length} connections, ${pods.size} pod`)

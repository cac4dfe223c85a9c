import { loadCluster } from 'kubewalk'

const cluster = await loadCluster(['examples/notes/cluster-ip.yaml'])
const { queries, addresses, rcode } = cluster.resolve({ name: 'http-go-svc', from: 'pod/client', type: 'A' })

for (const query of queries) console.log(query.type, query.name, query.rcode, query.answeredBy?.name)
console.log(rcode, addresses.join(', '))

import { drawTopology, findObjects, findResource, loadCluster, objectsTable, viewTopology } from 'kubewalk'

const cluster = await loadCluster(['examples/notes/cluster-ip.yaml'])

const services = findResource('svc')
if (services) console.log(objectsTable([findObjects(cluster.objects, { resource: services })]))

const picture = viewTopology(cluster.topology(), { service: 'default/http-go-svc' })
console.log(drawTopology(picture, 'mermaid'))

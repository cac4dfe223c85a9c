import { parseCluster } from 'kubewalk'

const text = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: curl }] }
`

const cluster = parseCluster([{ name: 'inline.yaml', text }])
console.log(cluster.trace({ from: 'pod/client', to: 'web:80' }).outcomes[0]?.destination)

import { loadCluster } from 'kubewalk'

const cluster = await loadCluster(['examples/outages/wrong-target-port.yaml'])
const { outcomes, findings } = cluster.trace({ from: 'pod/shop/client', to: 'svc/shop/web:80' })

console.log(outcomes[0]?.symptom.text)
for (const { code, message, fix } of findings.slice(0, 1)) {
  console.log(`${code}: ${message}`)
  console.log(`to mend it: ${fix}`)
}

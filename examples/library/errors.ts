import { formatDiagnostic, InputError, loadCluster, parseCluster, RequestError } from 'kubewalk'

const broken = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: eighty }] }\n'
try {
  parseCluster([{ name: 'web.yaml', text: broken }])
} catch (error) {
  if (!(error instanceof InputError)) throw error
  for (const diagnostic of error.diagnostics) console.log(formatDiagnostic(diagnostic))
}

const cluster = await loadCluster(['examples/notes/cluster-ip.yaml'])
try {
  cluster.trace({ from: 'pod/clinet', to: 'http-go-svc:80' })
} catch (error) {
  if (!(error instanceof RequestError)) throw error
  console.log(`${error.code}: ${error.message}; ${error.fix}`)
}

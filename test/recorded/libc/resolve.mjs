// Asks c-ares, through Node's dns.resolve4 and dns.resolve6, for one name and prints what it said.
import { Resolver } from 'node:dns/promises'

const [, , name, family] = process.argv
const resolver = new Resolver()
const asked = [family !== '6' && resolver.resolve4(name), family !== '4' && resolver.resolve6(name)].filter(Boolean)
const started = performance.now()
const answers = await Promise.allSettled(asked)
console.log(`seconds ${((performance.now() - started) / 1000).toFixed(1)}`)
for (const answer of answers) {
  if (answer.status === 'fulfilled') for (const address of answer.value) console.log(`address ${address}`)
  else console.log(`error ${answer.reason.code}`)
}

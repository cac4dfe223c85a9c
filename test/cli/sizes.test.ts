import { describe, expect, test } from 'vitest'
import { runCommand } from '../support/command.ts'

const cluster = '-f examples/notes/cluster-ip.yaml --cni flannel --seed 1'

test('a transfer says what it was cut into, inside the tunnel and outside', async () => {
  const { code, out } = await runCommand(
    `trace pod/client http-go-svc:80 ${cluster} --size 100 --response-size 5000`,
  )
  expect(code).toBe(0)
  expect(out).toContain('data: 100 bytes in one packet of 152, 202 in the tunnel')
  expect(out).toContain('answer data: 5000 bytes in 4 packets of at most 1450, 1500 in the tunnel')
  expect(out.replace(/\s+/g, ' ')).toContain('8472 udp, 60 bytes in 110')
})

test('without a size nothing is said of sizes', async () => {
  const { out } = await runCommand(`trace pod/client http-go-svc:80 ${cluster}`)
  expect(out).not.toContain('bytes')
})

test('what the sender’s own device does not take is an error of its own: EMSGSIZE', async () => {
  const { code, out } = await runCommand(`trace pod/client node/worker2 ${cluster} -p icmp --size 1423 --df`)
  expect(code).toBe(1)
  expect(out).toContain('stalled')
  expect(out).toContain('Message too long')
  expect(out).toContain('request of 1451 bytes: eth0 on pod/client lets 1450 through; its sender is told')
  const fits = await runCommand(`trace pod/client node/worker2 ${cluster} -p icmp --size 1422 --df`)
  expect(fits.code).toBe(0)
})

describe('sizes that nothing has', () => {
  const rows: readonly (readonly [options: string, complaint: string])[] = [
    ['--response-size 10', 'does not say how many bytes are sent'],
    ['--size 10 --df', 'TCP decides itself'],
    ['--size 10 -p sctp', 'sizes of SCTP'],
    ['--size 10 --response-size 10 -p icmp', 'an echo is answered in its own size'],
    ['--size 65508 -p udp', '65508 bytes do not go into one packet'],
  ]
  test.each(rows)('%s', async (options, complaint) => {
    const { code, err } = await runCommand(`trace pod/client http-go-svc:80 ${cluster} ${options}`)
    expect(code).toBe(2)
    expect(err).toContain(complaint)
  })
})

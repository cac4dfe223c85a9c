import { describe, expect, test } from 'vitest'
import type { Load } from '../../src/dataplane/load.ts'
import type { Device } from '../../src/model/network.ts'
import type { Space, Went } from '../support/lab.ts'
import { Lab } from '../support/lab.ts'
import type { LabOptions } from '../support/lab-network.ts'
import { A, B1, ip } from '../support/lab-network.ts'
import type { Tables } from '../support/lab-rules.ts'
import { joinNodes } from '../support/lab-tunnels.ts'

const web = { port: 8080 } as const
const upload: Load = { request: 5000, response: 100 }
const download: Load = { request: 100, response: 5000 }

function setMtu(lab: Lab, space: Space, name: string, mtu: number): void {
  const changed = (device: Device): Device => (device.name === name ? { ...device, mtu } : device)
  lab.edit(space, (netns) => ({ ...netns, devices: netns.devices.map(changed) }))
}

/** `data 1500 x4`: what was sent, the largest segment, and how many. */
function transfers({ outcome }: Went): string[] {
  return (outcome.leg.transfers ?? []).map(({ name, length, segments }) => `${name} ${length} x${segments}`)
}

/** `data 1500 > 1400`: what was too large, and what was learnt. */
function lessons({ outcome }: Went): string[] {
  return (outcome.leg.lessons ?? []).map(({ name, length, mtu }) => `${name} ${length} > ${mtu}`)
}

describe('the segment size is what both ends announce', () => {
  const options: LabOptions = { link: 'routed' }
  test('as large as the devices are', () => {
    const went = new Lab({}, options).go('a1', B1, { ...web, load: upload })
    expect(went.disposition).toBe('reached')
    // 1448 bytes in a segment of 1500 with timestamps.
    expect(transfers(went)).toEqual(['data 1500 x4', 'answer data 152 x1'])
  })

  test('the smaller device counts, whichever end has it', () => {
    for (const space of ['a1', 'b1'] as const) {
      const lab = new Lab({}, options)
      setMtu(lab, space, 'eth0', 1400)
      const went = lab.go('a1', B1, { ...web, load: { request: 5000, response: 5000 } })
      expect(transfers(went)).toEqual(['data 1400 x4', 'answer data 1400 x4'])
    }
  })

  test('and so does the MTU of a route', () => {
    const lab = new Lab({}, options)
    lab.edit('a1', (netns) => ({ ...netns, routes: netns.routes.map((one) => ({ ...one, mtu: 1300 })) }))
    expect(transfers(lab.go('a1', B1, { ...web, load: upload }))[0]).toBe('data 1300 x5')
  })
})

/** Pods of 1500 bytes over a tunnel that takes 1450. */
const narrow: LabOptions = { cni: 'vxlan', podMtu: 1500 }
const noErrors: Tables = { filter: ['-A OUTPUT -p icmp -j DROP'] }

describe('path MTU discovery', () => {
  test('the node says so, and the sender sends again: up and down', () => {
    const up = new Lab({}, narrow).go('a1', B1, { ...web, load: upload })
    expect(up.disposition).toBe('reached')
    expect(lessons(up)).toEqual(['data 1500 > 1450'])
    expect(transfers(up)[0]).toBe('data 1450 x4')
    const down = new Lab({}, narrow).go('a1', B1, { ...web, load: download })
    expect(lessons(down)).toEqual(['answer data 1500 > 1450'])
    expect(down.outcome.leg.lessons?.[0]).toMatchObject({ netns: 'pod/b1', from: ip('10.244.2.1') })
  })

  test('what is known from before needs no lesson', () => {
    const lab = new Lab({}, narrow)
    lab.go('a1', B1, { ...web, load: upload })
    expect(lessons(lab.go('a1', B1, { ...web, load: upload }))).toEqual([])
  })

  test('with the error dropped the handshake works and the data hang', () => {
    const lab = new Lab({ a: noErrors, b: noErrors }, narrow)
    expect(lab.go('a1', B1, web).disposition).toBe('reached')
    const up = lab.go('a1', B1, { ...web, load: upload })
    expect(up).toMatchObject({ disposition: 'stalled', stopped: 'too-big' })
    expect(up.outcome.stall).toEqual({
      name: 'data',
      length: 1500,
      mtu: 1450,
      device: 'flannel.1',
      netns: 'node/a',
      told: 'lost',
      lostAt: { netns: 'node/a', text: 'dropped' },
    })
    const down = lab.go('a1', B1, { ...web, load: download })
    expect(down.outcome).toMatchObject({
      disposition: 'stalled',
      stoppedAt: { onReply: true },
      stall: { name: 'answer data', netns: 'node/b' },
    })
  })

  test('a frame that a wire does not take is told to nobody', () => {
    const lab = new Lab({}, { link: 'routed' })
    setMtu(lab, 'b', 'eth0', 1400)
    const went = lab.go('a1', B1, { ...web, load: upload })
    expect(went.outcome).toMatchObject({
      disposition: 'stalled',
      stall: { name: 'data', length: 1500, device: 'eth0', netns: 'node/b', mtu: 1400, told: 'nobody' },
    })
  })

  test('an error about the tunnel’s own packet teaches the node; the segment that is sent again is answered', () => {
    const lab = new Lab({}, { cni: 'none', fabricRoutes: false })
    joinNodes(lab, 'ipip')
    lab.edit('a', (netns) => ({
      ...netns,
      routes: netns.routes.map((one) =>
        one.nextHops[0]?.device === 'eth0' && one.nextHops[0].via === undefined ? { ...one, mtu: 1400 } : one,
      ),
    }))
    const went = lab.go('a1', B1, { ...web, load: upload })
    expect(went.disposition).toBe('reached')
    expect(lessons(went)).toEqual(['data 1500 > 1480', 'data 1480 > 1380'])
  })
})

describe('TCPMSS', () => {
  const syn = '-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS'
  const rows: readonly (readonly [rule: string, up: string, down: string])[] = [
    [`${syn} --clamp-mss-to-pmtu`, 'data 1450 x4', 'answer data 1450 x4'],
    [`${syn} --set-mss 1000`, 'data 1040 x6', 'answer data 1040 x6'],
  ]
  test.each(rows)('%s', (rule, up, down) => {
    const lab = new Lab({ a: { mangle: [rule], ...noErrors }, b: noErrors }, narrow)
    const went = lab.go('a1', B1, { ...web, load: { request: 5000, response: 5000 } })
    expect(went.disposition).toBe('reached')
    expect(transfers(went)).toEqual([up, down])
  })

  test('--set-mss never raises', () => {
    const lab = new Lab({ a: { mangle: [`${syn} --set-mss 9000`] } }, { link: 'routed' })
    expect(transfers(lab.go('a1', B1, { ...web, load: upload }))[0]).toBe('data 1500 x4')
  })

  test('the way back counts too: a rule for answers alone lowers what the client sends', () => {
    const rule = '-A FORWARD -i flannel.1 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'
    const lab = new Lab({ a: { mangle: [rule], ...noErrors }, b: noErrors }, narrow)
    expect(transfers(lab.go('a1', B1, { ...web, load: upload }))[0]).toBe('data 1450 x4')
    expect(lab.go('a1', B1, { ...web, load: download }).disposition).toBe('stalled')
  })
})

describe('datagrams and echoes', () => {
  const udp = { port: 8080, protocol: 'udp' } as const
  const both = (bytes: number, dontFragment?: boolean): Load => ({
    request: bytes,
    response: bytes,
    ...(dontFragment !== undefined && { dontFragment }),
  })

  test('a socket’s default: what fits is not to be cut, and is sent again in pieces once it has learnt', () => {
    const went = new Lab({}, narrow).go('a1', B1, { ...udp, load: both(1472) })
    expect(went.disposition).toBe('reached')
    expect(lessons(went)).toEqual(['request 1500 > 1450', 'reply 1500 > 1450'])
  })

  test('--df: an error is an error; --no-df: cut on the way', () => {
    expect(new Lab({}, narrow).go('a1', B1, { ...udp, load: both(1472, true) })).toMatchObject({
      disposition: 'stalled',
      answer: '3/4 from 10.244.1.1',
      mtu: 1450,
    })
    const cut = new Lab({}, narrow).go('a1', B1, { ...udp, load: { ...both(1472, false), response: 10 } })
    expect(cut.disposition).toBe('reached')
    expect(lessons(cut)).toEqual([])
  })

  test('larger than the sender’s own device: in pieces by default, EMSGSIZE with --df', () => {
    expect(new Lab({}, narrow).go('a1', B1, { ...udp, load: both(3000, false) }).disposition).toBe('reached')
    expect(new Lab({}, narrow).go('a1', B1, { ...udp, load: both(3000, true) })).toMatchObject({
      disposition: 'stalled',
      errno: 'EMSGSIZE',
    })
  })

  test('an echo is answered in its own size, and the answer may be cut', () => {
    const ping = { protocol: 'icmp' } as const
    const went = new Lab({}, narrow).go('a1', B1, { ...ping, load: both(1472) })
    expect(went.disposition).toBe('reached')
    expect(lessons(went)).toEqual(['request 1500 > 1450'])
    expect(new Lab({}, {}).go('a1', A, { ...ping, load: both(8000) }).disposition).toBe('reached')
  })
})

import { cniOf } from '../../control/cni/registry.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'
import { pluginPlaces } from './plugin-places.ts'
import { stoppedPacket } from './stopped-packet.ts'

/** A pod asked for a Service and was given itself, and the bridge does not send back by the port by which a frame came. */
export const findPodHairpin: FindCause = (failure) => {
  const { stop, world } = failure
  if (stop?.reason !== 'bridge-port') return []
  const dst = stoppedPacket(failure)?.packet.dst
  const pod = dst === undefined ? undefined : world.podsByIp.get(dst)
  const node = stop.netns.replace(/^node\//, '')
  const plugin = cniOf(world.cluster).name
  return [
    finding(
      'hairpin-off',
      `${pod ? `pod ${pod.name}` : 'the pod'} was given itself, and the bridge of ${node} does not send a frame back by the port by which it came: hairpin mode is off`,
      {
        objects: [...pluginPlaces(world, 'hairpinMode'), ...(pod ? [pod.ref] : [])],
        fix: `set hairpinMode: true in the configuration of ${plugin}, and start the pod again`,
      },
    ),
  ]
}

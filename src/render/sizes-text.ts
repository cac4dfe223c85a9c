import { formatIp } from '../base/ip.ts'
import type { JourneyOutcome } from '../model/journey.ts'
import type { Leg, PathMtuLesson, Stall, Transfer } from '../model/trace.ts'
import { blockLines } from './layout.ts'
import type { WalkOptions } from './walk-brief.ts'

/** What became of large packets, a line each: what was learnt on the way, what was sent, and what hangs. */
export function sizesText(
  leg: Leg,
  { legs, stall }: JourneyOutcome,
  options: WalkOptions,
): readonly string[] {
  const { style, columns, label } = options
  const lines = [
    ...(leg.lessons ?? []).map((lesson) => lessonText(lesson, label)),
    ...(leg.transfers ?? []).map(transferText),
  ]
  const block = (text: string, paint: (text: string) => string) =>
    blockLines({ left: '  ', text, right: '', hanging: 2, paint }, columns, style)
  return [
    ...lines.flatMap((text) => block(text, style.dim)),
    ...(stall && leg === legs.at(-1) ? block(stallText(stall, label), style.bad) : []),
  ]
}

/** `data of 1500 bytes: 10.244.1.1 says that 1450 fit; pod/client sends less from now on`. */
function lessonText({ name, length, from, mtu, netns }: PathMtuLesson, label: WalkOptions['label']): string {
  return `${name} of ${length} bytes: ${formatIp(from)} says that ${mtu} fit; ${label(netns)} keeps to it from now on`
}

/** `data: 5000 bytes in 4 packets of at most 1450, 1500 in the tunnel`. */
function transferText({ name, bytes, segments, length, outer }: Transfer): string {
  const packets = segments === 1 ? `one packet of ${length}` : `${segments} packets of at most ${length}`
  return `${name}: ${bytes} bytes in ${packets}${outer === undefined ? '' : `, ${outer} in the tunnel`}`
}

/** `data of 1500 bytes hang: flannel.1 on worker lets 1450 through, and the ICMP error that says so is lost on worker`. */
function stallText(stall: Stall, label: WalkOptions['label']): string {
  const { name, length, device, netns, mtu } = stall
  return `${name} of ${length} bytes: ${device} on ${label(netns)} lets ${mtu} through; ${toldText(stall, label)}`
}

function toldText({ told, lostAt }: Stall, label: WalkOptions['label']): string {
  if (told === 'sender') return 'its sender is told'
  if (told === 'nobody') return 'nobody is told'
  return lostAt
    ? `the ICMP error that says so is lost on ${label(lostAt.netns)} (${lostAt.text})`
    : 'the ICMP error that says so does not come to its sender'
}

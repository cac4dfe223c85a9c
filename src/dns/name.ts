/** The labels of a name from left to right, without the root; a dot after a backslash belongs to its label. */
export function labelsOf(name: string): readonly string[] {
  if (!name.includes('\\')) return name.split('.').filter((label) => label !== '')
  return (name.match(/(?:\\.|[^.\\])+/gs) ?? []) as readonly string[]
}

/** The name with its final dot. */
export function absolute(name: string): string {
  return /(?:^|[^\\])(?:\\\\)*\.$/.test(name) ? name : `${name}.`
}

/** Lower case, with the final dot: the form in which CoreDNS keeps zones. */
export function normalName(name: string): string {
  return absolute(name).toLowerCase()
}

/** Whether the child is the parent or lies below it; letter case does not count (RFC 4343). */
export function isSubdomain(parent: string, child: string): boolean {
  if (parent === '.') return true
  const [upper, lower] = [normalName(parent), normalName(child)]
  return lower === upper || lower.endsWith(`.${upper}`)
}

/** The longest of the zones that the name lies in. Mirrors plugin.Zones.Matches. */
export function matchZone(zones: readonly string[], name: string): string | undefined {
  let best: string | undefined
  for (const zone of zones) {
    if (isSubdomain(zone, name) && zone.length > (best?.length ?? 0)) best = zone
  }
  return best
}

/** Joins labels and a zone to one absolute name. Mirrors dnsutil.Join. */
export function joinNames(...parts: readonly string[]): string {
  const name = parts.filter((part) => part !== '' && part !== '.').join('.')
  return name === '' ? '.' : absolute(name)
}

/** What stands left of the zone, without the dot between; empty for the zone itself. Mirrors dnsutil.TrimZone. */
export function trimZone(name: string, zone: string): string {
  const labels = labelsOf(name)
  return labels.slice(0, Math.max(0, labels.length - labelsOf(zone).length)).join('.')
}

/** Whether the text may be a domain name: labels of 63 octets at most, 255 in all. */
export function isDomainName(name: string): boolean {
  if (name === '' || /(^\.|\.\.)./.test(name) || name.endsWith('..')) return name === '.'
  const labels = labelsOf(name)
  return (
    labels.every((label) => label.length <= 63) &&
    labels.reduce((sum, label) => sum + label.length + 1, 1) <= 255
  )
}

/** `*.example.org.` for `www.example.org.`: the name with its first label replaced. */
export function wildcardOf(name: string): string | undefined {
  const labels = labelsOf(name)
  return labels.length < 2 ? undefined : joinNames('*', ...labels.slice(1))
}

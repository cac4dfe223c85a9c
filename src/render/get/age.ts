const minute = 60
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** A duration in seconds in kubectl's two or three figures. Mirrors HumanDuration of apimachinery's util/duration. */
export function humanDuration(seconds: number): string {
  const whole = Math.trunc(seconds)
  if (whole < -1) return '<invalid>'
  if (whole < 0) return '0s'
  if (whole < 2 * minute) return `${whole}s`
  if (whole < 10 * minute) return twoParts(whole, minute, 'm', 1, 's')
  if (whole < 3 * hour) return `${Math.floor(whole / minute)}m`
  if (whole < 8 * hour) return twoParts(whole, hour, 'h', minute, 'm')
  if (whole < 2 * day) return `${Math.floor(whole / hour)}h`
  if (whole < 8 * day) return twoParts(whole, day, 'd', hour, 'h')
  if (whole < 2 * year) return `${Math.floor(whole / day)}d`
  if (whole < 8 * year) return twoParts(whole, year, 'y', day, 'd')
  return `${Math.floor(whole / year)}y`
}

/** `5m30s`, and `5m` where nothing is left over. */
function twoParts(seconds: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % big) / small)
  return `${Math.floor(seconds / big)}${bigName}${rest === 0 ? '' : `${rest}${smallName}`}`
}

/** The time since a timestamp; `<unknown>` if it, or the present, is not known. `now` is in milliseconds. */
export function ageOf(timestamp: string | undefined, now: number | undefined): string {
  const then = timestamp === undefined ? Number.NaN : Date.parse(timestamp)
  if (now === undefined || Number.isNaN(then)) return '<unknown>'
  return humanDuration((now - then) / 1000)
}

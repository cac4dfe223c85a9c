/** What EC2 lets an instance have: interfaces, and IPv4 addresses on each. */
export interface EniLimits {
  readonly enis: number
  readonly addresses: number
}

/** Limits by size within families, from the plugin's table of EC2's limits (vpc_ip_resource_limit.go). */
const small = limits('nano 2 2, micro 2 2, small 3 4, medium 3 6, large 3 12, xlarge 4 15, 2xlarge 4 15')
const general = limits(
  'medium 2 4, large 3 10, xlarge 4 15, 2xlarge 4 15, 4xlarge 8 30, 8xlarge 8 30, 9xlarge 8 30, 12xlarge 8 30, 16xlarge 15 50, 18xlarge 15 50, 24xlarge 15 50, 32xlarge 15 50, 48xlarge 15 50, metal 15 50',
)
const older = limits('large 2 10, xlarge 4 15, 2xlarge 4 15, 4xlarge 8 30, 10xlarge 8 30, 16xlarge 8 30')

/** Sizes by family, where they are not those of the c, m and r families. */
const families: ReadonlyMap<string, ReadonlyMap<string, EniLimits>> = new Map([
  ['t3', small],
  ['t3a', limits('nano 2 2, micro 2 2, small 2 4, medium 3 6, large 3 12, xlarge 4 15, 2xlarge 4 15')],
  ['t4g', small],
  ['t2', limits('nano 2 2, micro 2 2, small 3 4, medium 3 6, large 3 12, xlarge 3 15, 2xlarge 3 15')],
  ['m4', older],
])

/** An m5.large, which EKS node groups long had by default. */
export const usualLimits: EniLimits = { enis: 3, addresses: 10 }

/** The limits of an instance type such as `m5.large`; `undefined` for one that is not in the table. */
export function limitsOf(instanceType: string): EniLimits | undefined {
  const [family = '', size = ''] = instanceType.split('.')
  return (families.get(family) ?? (/^[cmr][4-8][adgi]?[dn]?$/.test(family) ? general : undefined))?.get(size)
}

function limits(text: string): ReadonlyMap<string, EniLimits> {
  return new Map(
    text.split(', ').map((entry) => {
      const [size = '', enis, addresses] = entry.split(' ')
      return [size, { enis: Number(enis), addresses: Number(addresses) }] as const
    }),
  )
}

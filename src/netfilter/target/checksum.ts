import type { TargetModule } from './target.ts'

/** Mirrors checksum_tg of xt_CHECKSUM: fills in a checksum that was left to the hardware; checksums are not part of a walk. */
export const checksum: TargetModule<object> = {
  harmless: true,
  options: { 'checksum-fill': 0 },
  tables: ['mangle'],
  parse: (options) => (options.has('checksum-fill') ? {} : options.fail('it needs --checksum-fill')),
  format: () => '--checksum-fill',
  apply: () => ({ type: 'continue' }),
}

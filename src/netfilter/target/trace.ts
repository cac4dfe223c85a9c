import type { TargetModule } from './target.ts'

/** Mirrors trace_tg of xt_TRACE: the kernel tells of every rule that the packet meets from here on, and it goes on. */
export const trace: TargetModule<object> = {
  harmless: true,
  options: {},
  parse: () => ({}),
  format: () => '',
  apply: () => ({ type: 'continue' }),
}

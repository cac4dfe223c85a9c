import type { Token } from './lexer.ts'

/** Something that CoreDNS would not start with, in its own words. Thrown by the readers, caught by parseCorefile. */
export class CorefileFault extends Error {
  override readonly name = 'CorefileFault'
  readonly token: Token | undefined
  readonly fix: string | undefined

  constructor(message: string, token: Token | undefined, fix?: string) {
    super(message)
    this.token = token
    this.fix = fix
  }
}

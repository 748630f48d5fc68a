/**
 * Kraken's no, in Kraken's words. The engine throws it before it has changed anything, and only `handle` catches it:
 * it never leaves the engine. Not an Error, because a stack trace would cost more than matching an order.
 */
export class Refusal {
  readonly errors: ReadonlyArray<string>
  constructor(...errors: ReadonlyArray<string>) {
    this.errors = errors
  }
}

export const invalid = (field: string): Refusal => new Refusal(`EGeneral:Invalid arguments:${field}`)

/**
 * An error answer in Kraken's own words. The engine throws it before it has changed anything, and only `handle` catches
 * it, so it never leaves the engine. It is not an Error because a stack trace would cost more than matching an order.
 */
export class Refusal {
  readonly errors: ReadonlyArray<string>
  constructor(...errors: ReadonlyArray<string>) {
    this.errors = errors
  }
}

export const invalid = (field: string): Refusal => new Refusal(`EGeneral:Invalid arguments:${field}`)

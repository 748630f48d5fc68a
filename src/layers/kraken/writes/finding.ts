/**
 * The result of one look-up of a write on the account. `partial` is the part of the write that was seen, such as the
 * orders of a batch that exist already.
 */
export type Finding<A, P = never> =
  | { readonly _tag: "Match"; readonly value: A }
  | { readonly _tag: "NoMatch"; readonly partial: P | undefined }
  /** Something fits, but it might belong to another write. */
  | { readonly _tag: "Ambiguous"; readonly reason: string; readonly partial: P | undefined }

export const match = <A>(value: A): Finding<A> => ({ _tag: "Match", value })

export const noMatch = <P = never>(partial?: P): Finding<never, P> => ({ _tag: "NoMatch", partial })

export const ambiguous = <P = never>(reason: string, partial?: P): Finding<never, P> => ({
  _tag: "Ambiguous",
  reason,
  partial
})

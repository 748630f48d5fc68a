/** Describes the error of a read that a write depends on. The error of a decoder is a drawing of a type, of many lines. */
export const reasonOf = (error: { readonly _tag: string; readonly message: string }): string =>
  error._tag === "ParseError" ? "Kraken's answer does not have the documented shape" : error.message

import { Option, Schema } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"

/** A number in an answer of Kraken, as text or as one of JSON, that can be computed with. */
export const Numeric = Schema.Union(Schema.String, Schema.Number).pipe(
  Schema.filter((value) => Option.isSome(D.parse(String(value))))
)

import { Schema } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"

/** A decimal number in an answer of Kraken, given as a string or as a JSON number. */
export const Numeric = Schema.Union(Schema.String, Schema.Number).pipe(
  Schema.filter((value) => D.parse(String(value)) !== undefined)
)

import { Effect, ParseResult, Predicate, Schema } from "effect"

export const isNumeric = (value: unknown): value is string | number =>
  typeof value === "string" || typeof value === "number"

export const isListOf =
  <A>(is: Predicate.Refinement<unknown, A>) =>
  (value: unknown): value is ReadonlyArray<A> =>
    Array.isArray(value) && value.every(is)

/** A number as Kraken sends it: usually text, in a few fields a JSON number. */
export const Numeric = Schema.declare(isNumeric, { identifier: "Numeric" })

/** Makes a field optional that Kraken might leave out or send as null. Both are decoded as absent. */
export const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true, nullable: true })

export const optionalText = maybe(Schema.String)
export const numeric = maybe(Numeric)
export const flag = maybe(Schema.Boolean)

/** Makes the schema of rows keyed by id. Some endpoints send an empty object as an empty list. */
export const keyed = <A, I>(row: Schema.Schema<A, I>) => {
  const rows = Schema.Record({ key: Schema.String, value: row })
  const none = Schema.transform(Schema.Tuple(), Schema.typeSchema(rows), {
    strict: true,
    decode: () => ({}),
    encode: (): readonly [] => []
  })
  return Schema.Union(rows, none)
}

type Guards = { readonly [field: string]: Predicate.Refinement<unknown, unknown> }
type Guarded<G extends Guards> = {
  readonly [K in keyof G]?: G[K] extends Predicate.Refinement<unknown, infer A> ? A : never
}

/**
 * Makes the schema of a row in a list of more than a thousand, all of whose fields might be absent or null. Plain
 * guards check it: with `Schema.Struct`, decoding the list of all pairs took 40 ms longer.
 */
export const listRow = <const G extends Guards>(guards: G): Schema.Schema<Guarded<G>, unknown> => {
  const fields = Object.entries(guards)
  return Schema.declare([], {
    decode: () => (row, _, ast) => {
      if (!Predicate.isRecord(row)) return ParseResult.fail(new ParseResult.Type(ast, row))
      const given = fields.filter(([field]) => row[field] !== undefined && row[field] !== null)
      const odd = given.find(([field, is]) => !is(row[field]))
      return odd === undefined
        ? ParseResult.succeed(Object.fromEntries(given.map(([field]) => [field, row[field]])) as Guarded<G>)
        : ParseResult.fail(new ParseResult.Type(ast, row, `${odd[0]} is of another type`))
    },
    encode: () => ParseResult.succeed
  })
}

/**
 * Makes the schema of an answer about one pair. Kraken sends the rows under its own name of the pair, beside `last`,
 * the cursor for the next call.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-recent-trades read 2026-08-17
 */
export const series = <A, I>(rows: Schema.Schema<A, I>) =>
  Schema.transformOrFail(
    Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    Schema.Struct({ id: Schema.String, rows, last: numeric }),
    {
      strict: false,
      decode: (answer, _, ast) => {
        const { last, ...pairs } = answer
        const [only] = Object.entries(pairs)
        return only === undefined
          ? Effect.fail(new ParseResult.Type(ast, answer, "no pair in the answer"))
          : Effect.succeed({ id: only[0], rows: only[1], ...(last !== undefined && { last }) })
      },
      encode: ({ id, last, rows }) => Effect.succeed({ [id]: rows, ...(last !== undefined && { last }) })
    }
  )

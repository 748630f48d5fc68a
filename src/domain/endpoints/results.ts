import { Effect, ParseResult, Predicate, Schema } from "effect"

export const isNumeric = (value: unknown): value is string | number =>
  typeof value === "string" || typeof value === "number"

export const isListOf =
  <A>(is: Predicate.Refinement<unknown, A>) =>
  (value: unknown): value is ReadonlyArray<A> =>
    Array.isArray(value) && value.every(is)

/** A number as Kraken sends it: text in most places, a JSON number in a few. */
export const Numeric = Schema.declare(isNumeric, { identifier: "Numeric" })

/** A field that Kraken may leave out or send as null; both read as absent. */
export const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true, nullable: true })

export const words = maybe(Schema.String)
export const numeric = maybe(Numeric)
export const flag = maybe(Schema.Boolean)

/** Rows by their ids. Kraken spells an empty object as an empty list in some places. */
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
 * A row of a list of more than a thousand, all of whose fields may be absent or null. It is checked by plain guards: as
 * `Schema.Struct` the list of all pairs took 40 ms more to decode.
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
 * The answer to a question about one pair: Kraken gives its rows under a name of its own choice, beside `last`, from
 * which the next ones can be asked for.
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

import { DateTime, Option, Schema, SchemaAST } from "effect"
import { format, parse } from "../../domain/numbers/decimal.ts"
import { isShort, pattern, tooLong } from "../../domain/numbers/numberText.ts"

/** A field the caller may leave out. Exact: `undefined` is not a value anyone sends. */
export const optional = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })

/** A field with a default that the model can read, and that is sent when nothing is given. */
export const withDefault = <A extends I, I, R>(schema: Schema.Schema<A, I, R>, value: A) =>
  Schema.optionalWith(schema.annotations({ default: value }), { exact: true, default: () => value })

const notDecimal = (issue: { readonly actual: unknown }) =>
  `must be a decimal number in a string, e.g. "0.5", got ${JSON.stringify(issue.actual)}`

/** Refuses text that is longer than a number may be, before anything else reads it; says nothing of it in the schema. */
const ifShort = (text: string) => isShort(text) || tooLong(text)

/** Text that a number or a time is read from later, by rules that know the form. */
export const numberText = (description: string) =>
  Schema.String.pipe(Schema.filter(ifShort, { jsonSchema: {} }), Schema.annotations({ description }))

/** Money never becomes a float: Kraken speaks decimal strings and so do we. */
export const Decimal = Schema.String.annotations({ message: notDecimal }).pipe(
  Schema.filter(ifShort, { jsonSchema: {} }),
  Schema.pattern(pattern, { message: notDecimal }),
  Schema.annotations({ description: 'Decimal number as a string, e.g. "0.5"' })
)

/** An amount of which there must be some. */
export const Positive = Decimal.pipe(
  Schema.filter((amount) => /[1-9]/.test(amount) && !amount.startsWith("-"), {
    jsonSchema: {},
    message: ({ actual }) => `must be above 0, got ${JSON.stringify(actual)}`
  })
)

const exactText = (value: string | number): string =>
  typeof value === "number"
    ? Option.match(parse(String(value)), { onNone: () => String(value), onSome: format })
    : value

/**
 * A number in an answer, as text, so that no digit is lost: amounts, nanoseconds. Kraken sends strings, and in a few
 * places numbers.
 */
export const Amount = Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.String, {
  strict: true,
  decode: exactText,
  encode: (text) => text
}).annotations({ jsonSchema: { type: "string" } })

/** A count in an answer; Kraken sends numbers, and in a few places text. */
export const Count = Schema.transform(Schema.Union(Schema.Number, Schema.NumberFromString), Schema.Number, {
  strict: true,
  decode: (count) => count,
  encode: (count) => count
}).annotations({ jsonSchema: { type: "number" } })

/** A time in an answer, in Unix seconds. */
export const Seconds = Count

/** A row of a table, whose columns are named once, in the description, and not in every row of every answer. */
export const columns = <const Elements extends Schema.TupleType.Elements>(names: string, ...elements: Elements) =>
  Schema.Tuple(...elements).annotations({ jsonSchema: { type: "array", description: names } })

/** Refuses a number of JSON that a double does not hold: it has already lost digits. */
const Exact = Schema.Number.pipe(
  Schema.filter((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER, {
    message: ({ actual }) => `must be in a string: as a number of JSON it has lost digits and reads ${String(actual)}`
  })
)

const textFrom = (decode: (value: string | number) => string, description: string) =>
  Schema.transform(Schema.Union(Schema.String, Exact), Schema.String, {
    strict: true,
    decode,
    encode: (text) => text
  }).annotations({ jsonSchema: { type: "string", description } })

/** Text in a request that clients may send as a number. Not for money. */
export const text = (description: string) => textFrom(String, description)

/**
 * Which kind of name a field holds; `Tool.endpoint` looks it up, in any spelling, before Kraken is asked. A `symbol` is a
 * pair that Kraken wants by its display name.
 */
export type NameKind = "pair" | "asset" | "symbol"

const NameKindId = Symbol.for("mcp-kraken/tools/NameKind")

export const nameKind = (ast: SchemaAST.AST): NameKind | undefined => {
  const kind = ast.annotations[NameKindId]
  return kind === "pair" || kind === "asset" || kind === "symbol" ? kind : undefined
}

export const PairName = Schema.String.annotations({
  [NameKindId]: "pair",
  description: "Any spelling, e.g. BTC/USD"
})

export const SymbolName = PairName.annotations({ [NameKindId]: "symbol" })

export const AssetName = Schema.String.annotations({
  [NameKindId]: "asset",
  description: "Any spelling, e.g. BTC"
})

/** A list. Clients that send one as text (`"a,b"` or `"[\"a\"]"`) are understood. */
export const list = <A, I, R>(item: Schema.Schema<A, I, R>, description: string) =>
  Schema.Array(item).annotations({
    description,
    [NameKindId]: nameKind(item.ast)
  })

/** A name in a list that says by itself what it holds. */
const unsaid = (kind: NameKind) => Schema.String.annotations({ [NameKindId]: kind, jsonSchema: { type: "string" } })

export const PairNames = list(unsaid("pair"), 'Any spelling, e.g. ["BTC/USD"]')

export const AssetNames = list(unsaid("asset"), 'Any spelling, e.g. ["BTC"]')

export const AssetClass = Schema.Literal("currency", "tokenized_asset").annotations({
  description: "tokenized_asset for xStocks; filled in from the name"
})

export const Rebase = Schema.Literal("rebased", "base").annotations({
  description: "xStocks in underlying shares (default) or issued tokens (base)"
})

/** `2026-09-21` and `2026-09-21T09:15:02Z`; a time without a zone would mean one of the machine's. */
const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

const unixSeconds = (moment: string | number): string => {
  const text = String(moment)
  const time = iso.test(text) ? DateTime.make(text) : Option.none()
  return Option.match(time, {
    onNone: () => text,
    onSome: (utc) => String(Math.floor(utc.epochMillis / 1000))
  })
}

/** A time in a request. Kraken takes Unix seconds; models think in ISO 8601; other words are Kraken's to judge. */
export const moment = (description: string) =>
  textFrom(unixSeconds, description).pipe(Schema.filter(ifShort, { jsonSchema: { type: "string", description } }))

/** The same where no id can stand for a time. */
export const time = (description: string) =>
  moment(description).pipe(
    Schema.filter((text) => /^\d+(\.\d+)?$/.test(text), {
      jsonSchema: { type: "string", description },
      message: ({ actual }) =>
        `must be Unix seconds or ISO 8601 such as 2026-09-21T09:15:02Z, got ${JSON.stringify(actual)}`
    })
  )

/** A time that Kraken takes in ISO 8601, with all its digits. */
export const isoTime = (description: string) =>
  Schema.String.pipe(
    Schema.filter((text) => iso.test(text), {
      description,
      jsonSchema: {},
      message: ({ actual }) => `must be ISO 8601 such as 2026-09-21T09:15:02Z, got ${JSON.stringify(actual)}`
    })
  )

export const start = moment("Only after this: Unix seconds, ISO 8601 or an id")
export const end = moment("Only up to this: Unix seconds, ISO 8601 or an id")

export const OrderId = Schema.String.annotations({ description: "Kraken's order id, e.g. OUF4EM-FRGI2-MQMWZD" })

export const ClientId = Schema.String.annotations({
  description: "Your own order id: a UUID or at most 18 characters"
})

/** Ids to look up, as many as Kraken takes at once. */
export const ids = (what: string, most: number) =>
  list(Schema.String, `1 to ${most} ${what}`).pipe(
    Schema.minItems(1, { message: () => "must hold at least one id" }),
    Schema.maxItems(most, { message: ({ actual }) => tooMany(actual, most) })
  )

export const tooMany = (actual: unknown, most: number) =>
  `must hold at most ${most} items, got ${Array.isArray(actual) ? actual.length : "something else"}`

export const boolean = (description: string) => Schema.Boolean.annotations({ description })

/** A word that can't be another. */
export const only = <const A extends string>(word: A, description: string) =>
  Schema.Literal(word).annotations({
    description,
    message: ({ actual }) => `expected ${JSON.stringify(word)}, got ${JSON.stringify(actual)}`
  })

export const whole = (description: string, minimum: number, maximum: number) => {
  const message = ({ actual }: { readonly actual: unknown }) =>
    `must be a whole number from ${minimum} to ${maximum}, got ${JSON.stringify(actual)}`
  return Schema.Int.annotations({ message }).pipe(
    Schema.between(minimum, maximum, { message }),
    Schema.annotations({ description })
  )
}

export const Userref = whole("Your own number for a group of orders", -2147483648, 2147483647)

/** Where a page of a history begins, and how many of its rows are wanted. */
export const paging = {
  ofs: optional(Schema.NonNegativeInt.annotations({ description: "Rows to skip: next_ofs of the last answer" })),
  limit: withDefault(whole("Rows to show", 1, 50), 50)
}

/** What an answer says about a page. */
export const paged = {
  count: optional(Schema.Number.annotations({ description: "Rows in all" })),
  next_ofs: optional(Schema.Number.annotations({ description: "Call again with this as ofs for more" }))
}

/** Says that a write is meant although an identical one was just sent. Every write that can be meant twice takes it. */
export const repeatable = { repeat: optional(boolean("Meant once more, though just sent")) }

/** What every write may add to its answer: no answer came from Kraken, looking showed that it happened, and how. */
export const Settled = {
  settled: optional(Schema.Struct({ how: Schema.String, state: optional(Schema.String) }))
}

/** The same for a write that is not sent when an identical one was just made: then the rest is that one's answer. */
export const Written = {
  placed: optional(Schema.Boolean.annotations({ description: "false: not placed again" })),
  duplicate_of: optional(Schema.Array(Schema.String)),
  note: optional(Schema.String),
  ...Settled
}

/** Names of the fields that lead an answer: whoever reads only its beginning must see that nothing was placed. */
export const leading = ["placed", "duplicate_of", "note"] as const

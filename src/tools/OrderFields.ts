import { Schema } from "effect"
import type { Params } from "../domain/endpoints.ts"
import type { Fault } from "../domain/fault.ts"
import { commaLists, withoutEmpty } from "./Arguments.ts"
import { AssetClass, boolean, ClientId, Decimal, list, moment, optional, Positive, text, Userref } from "./Fields.ts"

const pricePattern = /^[+\-#]?\d+(\.\d+)?%?$/

/** Kraken's way to write a price: absolute, or relative to the last trade. */
export const price = (description: string) =>
  Schema.String.pipe(
    Schema.filter((value) => pricePattern.test(value), {
      description,
      jsonSchema: {},
      message: ({ actual }) => `must be a price such as "61234.5", "+5%" or "#100", got ${JSON.stringify(actual)}`
    })
  )

const ordertypes = [
  "limit",
  "iceberg",
  "stop-loss",
  "take-profit",
  "stop-loss-limit",
  "take-profit-limit",
  "trailing-stop",
  "trailing-stop-limit"
] as const

/** What a conditional close may be: not a market order. */
export const CloseType = Schema.Literal(...ordertypes)

export const oflags = list(
  Schema.Literal("post", "fcib", "fciq", "viqc"),
  "post: limit only, never takes; fcib/fciq: fee in base/quote; viqc: volume in quote, market buys only"
)

export const deadline = optional(
  Schema.String.annotations({ description: "RFC 3339, 2 to 60 s ahead: refused after it. Set for you if left out" })
)

export const validate = (what: string) => boolean(`Let Kraken check the ${what}; nothing is placed`)

/** One order, whatever its pair. */
export const order = {
  type: Schema.Literal("buy", "sell").annotations({ description: "Side" }),
  ordertype: Schema.Literal("market", ...ordertypes, "settle-position").annotations({ description: "Kind of order" }),
  volume: Decimal.pipe(
    Schema.filter((volume) => !volume.startsWith("-"), {
      description: "In base currency, as a decimal string; 0 closes a margin position",
      jsonSchema: {},
      message: ({ actual }) => `must not be negative, got ${JSON.stringify(actual)}`
    })
  ),
  price: optional(
    price(
      "Limit price (limit, iceberg), else trigger. Relative to the last trade: +, - or # before, % after; trailing: +"
    )
  ),
  price2: optional(price("Limit price of the -limit types; with + or - it counts from the trigger")),
  displayvol: optional(Positive.annotations({ description: "iceberg: shown volume, at least 1/15 of it" })),
  trigger: optional(Schema.Literal("last", "index").annotations({ description: "Price that triggers (default last)" })),
  leverage: optional(text("For margin, e.g. 2; leave out for spot")),
  reduce_only: optional(boolean("Only reduce a margin position")),
  stptype: optional(
    Schema.Literal("cancel-newest", "cancel-oldest", "cancel-both").annotations({
      description: "When it meets an order of yours (default cancel-newest)"
    })
  ),
  oflags: optional(oflags),
  timeinforce: optional(
    Schema.Literal("GTC", "IOC", "GTD", "FOK").annotations({ description: "Default GTC; GTD needs expiretm" })
  ),
  starttm: optional(moment("When it starts: Unix seconds, ISO 8601 or +seconds")),
  expiretm: optional(moment("When it ends: likewise, 5 s to a month ahead")),
  userref: optional(Userref),
  cl_ord_id: optional(ClientId)
}

/** The same in a batch, where Kraken nests the close. */
export const BatchOrder = Schema.Struct({
  ...order,
  close: optional(
    Schema.Struct({ ordertype: CloseType, price: optional(order.price.from), price2: optional(order.price2.from) })
  )
})

/** What orders of a call have in common. */
export const shared = {
  asset_class: optional(AssetClass),
  deadline,
  broker: optional(Schema.String.annotations({ description: "Partner program id" }))
}

/** An order as Kraken takes it in a batch: its lists as text, and nothing empty. */
export const params = (given: Params): Params => commaLists(withoutEmpty(given))

type Given = { readonly [field: string]: unknown }

const given = (input: Given, fields: ReadonlyArray<string>) => fields.filter((field) => input[field] !== undefined)

/** Exactly one of two ids. */
export const oneOf = (input: Given, one: string, other: string): Array<Fault> => {
  const count = given(input, [one, other]).length
  if (count === 1) return []
  return [
    {
      path: one,
      fault: count === 0 ? `is missing: give it or ${other}` : `can't be given with ${other}: leave one out`
    }
  ]
}

/** At least one change. */
export const someOf = (input: Given, ...fields: ReadonlyArray<string>): Array<Fault> =>
  given(input, fields).length > 0
    ? []
    : [{ path: "", fault: `change nothing: give at least one of ${fields.join(", ")}` }]

/** The prices of a close are nothing without its type. */
export const closeFaults = (input: Given): Array<Fault> =>
  input["close_ordertype"] === undefined && given(input, ["close_price", "close_price2"]).length > 0
    ? [{ path: "close_ordertype", fault: "is missing: close_price and close_price2 are of no use without it" }]
    : []

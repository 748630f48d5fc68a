import { Schema } from "effect"
import { closeTypes, orderTypes } from "../../domain/orders/orders.ts"
import { ClientId, NamedAssetClass, Userref, boolean, list, optional, text } from "../kit/fields.ts"
import { listedAs, unlisted } from "../kit/jsonSchema.ts"
import { AmountOrShare, Decimal, integer, numberText, Positive } from "../kit/numberFields.ts"
import { orderTime } from "../kit/timeFields.ts"

/** A price. Its form depends on the order type, so `domain/orders/orderRules.ts` checks it with the whole order. */
export const price = numberText

export const quantity = (description: string) => Decimal.annotations({ description })

/** The types of a conditional close. */
export const CloseType = Schema.Literal(...closeTypes)

/** The deadline of a change, which few callers set. */
export const unlistedDeadline = optional(unlisted(numberText("")))

export const deadline = optional(numberText("RFC 3339, 2 to 60 s ahead; set if left out"))

export const validate = (what: string) => boolean(`Only check the ${what}; place nothing`)

/** The fields of an order, except its pair. */
export const order = {
  type: Schema.Literal("buy", "sell"),
  ordertype: Schema.Literal(...orderTypes),
  volume: quantity("In base currency; 0 closes a margin position"),
  price: optional(
    price(
      "Limit (limit, iceberg), trigger, or trailing distance, e.g. +1.5%; +, - and # are relative to the last trade"
    )
  ),
  price2: optional(price("Limit of the -limit types; + and - are relative to the trigger")),
  displayvol: optional(quantity("iceberg: shown part, at least 1/15")),
  trigger: optional(Schema.Literal("last", "index").annotations({ description: "Default last" })),
  leverage: optional(text("Margin only, e.g. 2")),
  reduce_only: optional(boolean("Only reduce a margin position")),
  stptype: optional(
    Schema.Literal("cancel-newest", "cancel-oldest", "cancel-both").annotations({
      description: "If it meets your own order; default cancel-newest"
    })
  ),
  oflags: optional(
    list(
      Schema.Literal("post", "fcib", "fciq", "viqc"),
      "post: limit only, never takes; fcib/fciq: fee in base/quote; viqc: volume in quote (market buys)"
    )
  ),
  timeinforce: optional(
    Schema.Literal("GTC", "IOC", "GTD", "FOK").annotations({ description: "Default GTC; GTD needs expiretm" })
  ),
  starttm: optional(orderTime("ISO 8601, Unix seconds or +1h", "start")),
  expiretm: optional(orderTime("Like starttm, up to a month ahead", "end")),
  userref: optional(Userref),
  cl_ord_id: optional(ClientId)
}

/** The size of a single order, instead of its plain volume: one of both fields. */
export const size = {
  volume: optional(
    AmountOrShare.annotations({
      description: 'In base currency; "50%" or "all" of what is free; 0 closes a margin position'
    })
  ),
  cost: optional(Positive.annotations({ description: "Instead of volume: in quote currency, without the fee" }))
}

/** The time that a call waits for an order that it has placed. */
export const wait = {
  wait_s: optional(integer("Then wait up to so many s until it is filled or ended", 0, 45))
}

/** An order of a batch, with its close nested as Kraken has it. */
export const BatchOrder = Schema.Struct({
  ...order,
  close: optional(
    Schema.Struct({ ordertype: CloseType, price: optional(order.price.from), price2: optional(order.price2.from) })
  )
})

/** The conditional close of a single order, in flat fields, which models fill in more reliably. */
export const close = {
  close_ordertype: optional(
    listedAs(CloseType, {
      type: "string",
      description: "Conditional close, an opposite order for each fill: its ordertype"
    })
  ),
  close_price: optional(listedAs(price(""), { type: "string" })),
  close_price2: optional(listedAs(price(""), { type: "string" }))
}

/** The fields that all orders of a call share. */
export const shared = {
  asset_class: optional(NamedAssetClass),
  deadline,
  broker: optional(unlisted(Schema.String))
}

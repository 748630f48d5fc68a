import { Schema } from "effect"
import { closeTypes, orderTypes } from "../../domain/orders/orders.ts"
import { AssetClass, ClientId, Userref, boolean, described, list, optional, text } from "../kit/fields.ts"
import { Decimal, numberText } from "../kit/numberFields.ts"
import { orderTime } from "../kit/timeFields.ts"

/** A price. Its form depends on the order type, so `domain/orders/orderRules.ts` checks it with the whole order. */
export const price = numberText

export const quantity = (description: string) => Decimal.annotations({ description })

/** The types of a conditional close. */
export const CloseType = Schema.Literal(...closeTypes)

export const deadline = optional(
  numberText("RFC 3339, 2 to 60 s ahead; refused after it. Set automatically if left out")
)

export const validate = (what: string) => boolean(`Only let Kraken check the ${what}; place nothing`)

/** The fields of an order, except its pair. */
export const order = {
  type: Schema.Literal("buy", "sell").annotations({ description: "Side" }),
  ordertype: Schema.Literal(...orderTypes).annotations({ description: "Kind of order" }),
  volume: quantity("In base currency, as a decimal string; 0 closes a margin position"),
  price: optional(
    price(
      "Limit price (limit, iceberg), trigger price, or trailing distance such as +1.5%. +, - and # are relative to the last trade"
    )
  ),
  price2: optional(price("Limit price of the -limit types; + and - are relative to the trigger")),
  displayvol: optional(quantity("iceberg: shown volume, at least 1/15 of it")),
  trigger: optional(Schema.Literal("last", "index").annotations({ description: "Price that triggers (default last)" })),
  leverage: optional(text("For margin, e.g. 2; leave out for spot")),
  reduce_only: optional(boolean("Only reduce a margin position")),
  stptype: optional(
    Schema.Literal("cancel-newest", "cancel-oldest", "cancel-both").annotations({
      description: "If it would trade with your own order (default cancel-newest)"
    })
  ),
  oflags: optional(
    list(
      Schema.Literal("post", "fcib", "fciq", "viqc"),
      "post: limit only, never takes; fcib/fciq: fee in base/quote; viqc: volume in quote, market buys only"
    )
  ),
  timeinforce: optional(
    Schema.Literal("GTC", "IOC", "GTD", "FOK").annotations({ description: "Default GTC; GTD needs expiretm" })
  ),
  starttm: optional(orderTime("Start: Unix seconds, ISO 8601 or +3600", "start")),
  expiretm: optional(orderTime("Expiry: as starttm, 5 s to a month ahead", "end")),
  userref: optional(Userref),
  cl_ord_id: optional(ClientId)
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
    CloseType.annotations({ description: "Conditional close: an opposite order placed for each fill" })
  ),
  close_price: optional(price("Like price, for the close")),
  close_price2: optional(price("Like price2, for the close"))
}

/** The fields that all orders of a call share. */
export const shared = {
  asset_class: optional(AssetClass),
  deadline,
  broker: optional(described("Partner program id"))
}

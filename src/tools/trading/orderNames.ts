import { orderTypes } from "../../domain/orders/orders.ts"
import { hasTrigger } from "../../domain/orders/triggerRules.ts"
import { type Aliases, fold, type Given, type Meaning } from "../kit/otherNames.ts"

const types = new Map(orderTypes.map((type) => [fold(type), type]))

const typeOf = (value: unknown) => types.get(fold(String(value)))

/** Finds the order type among arguments. Other exchanges call it `type`, and the side `side`. */
const ordertypeIn = (given: Given) => typeOf(given.get("ordertype")) ?? typeOf(given.get("type"))

/** Understands `type` as the order type if it is one. A side never is. */
const type = (value: unknown): Meaning => ({ name: typeOf(value) === undefined ? "type" : "ordertype", value })

/** Finds the field for a limit price, which depends on the order type. */
const limitPrice = (value: unknown, given: Given): Meaning => {
  const ordertype = ordertypeIn(given)
  if (ordertype === undefined || ordertype === "limit" || ordertype === "iceberg") return { name: "price", value }
  return ordertype.endsWith("-limit")
    ? { name: "price2", value }
    : { fault: `has no use in an order of type ${ordertype}: leave it out, or choose a type with a limit` }
}

/** Finds the field for a trigger price. An order with a distance or without a trigger has none. */
const triggerPrice = (value: unknown, given: Given): Meaning => {
  const ordertype = ordertypeIn(given)
  if (ordertype === undefined || isDistant(ordertype) || !hasTrigger(ordertype))
    return { fault: "is the trigger of stop-loss and take-profit orders: choose such an ordertype" }
  return { name: "price", value }
}

/** Finds the field for the distance of a trailing stop. */
const distance = (value: unknown, given: Given): Meaning =>
  isDistant(ordertypeIn(given))
    ? { name: "price", value }
    : { fault: "is the distance of trailing stops: choose the ordertype trailing-stop or trailing-stop-limit" }

const isDistant = (ordertype: string | undefined) => ordertype?.startsWith("trailing-stop") === true

/** Understands `post_only: true` as the flag `post`. */
const postOnly = (value: unknown, given: Given): Meaning => {
  switch (String(value).toLowerCase()) {
    case "true":
      return { name: "oflags", value: ["post"], isAdded: true }
    case "false":
      return String(given.get("oflags")).toLowerCase().includes("post")
        ? { fault: "is false, and oflags has post: give one of them" }
        : { name: "oflags", value: [], isAdded: true }
    default:
      return { fault: "must be true or false" }
  }
}

/** Names that the terms of an order have elsewhere. */
export const orderNames: Aliases = {
  side: "type",
  type,
  limit_price: limitPrice,
  stop_price: triggerPrice,
  trigger_price: triggerPrice,
  trailing_distance: distance,
  trailing_offset: distance,
  post_only: postOnly,
  close: () => ({ prefix: "close_" })
}

/** Names that the fields of a changed order have in add_order, and the other way round. */
export const changeNames: Aliases = {
  stop_price: "trigger_price",
  new_price: "price",
  new_volume: "order_qty"
}

/** Names that the fields of edit_order have elsewhere. */
export const editNames: Aliases = {
  new_price: "price",
  new_volume: "volume",
  post_only: postOnly
}

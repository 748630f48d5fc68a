import { Array as Arr, type DateTime, Effect, Option, type ParseResult, Schema, Struct } from "effect"
import type { Pair } from "../../domain/assets/model.ts"
import {
  type Endpoint,
  endpoints,
  type Params,
  type ReadEndpoint,
  type Result
} from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { type Fault, within } from "../../domain/orders/fault.ts"
import type { Amend, Edit, Terms } from "../../domain/orders/orders.ts"
import { needsLastPriceForVolume, pairFaults } from "../../domain/orders/pairRules.ts"
import { hasTrigger, needsLastPrice, newTriggerFaults, triggerFaults } from "../../domain/orders/triggerRules.ts"
import { KrakenClient, type ReadError } from "../../services/KrakenClient.ts"
import { KrakenPrecheckFailed } from "../../services/KrakenErrors.ts"
import type { Known } from "../kit/steps.ts"

/** An order of a call, with the path of its fields: `orders.0`, or none for a single order. */
interface PlacedTerms {
  readonly path?: string
  readonly terms: Terms
}

/**
 * Lists the faults of new orders that depend on their pair and its last price. The last price is read only if a trigger,
 * a volume in quote currency or a message needs it. If a check needs the price and the price is unavailable, the call is
 * refused: an unchecked trigger might be on the wrong side of the market. `others` are faults that are known already.
 * `select` picks the faults that count.
 */
export const placingFaults = Effect.fnUntraced(function* (
  endpoint: Endpoint,
  name: string,
  placed: ReadonlyArray<PlacedTerms>,
  { directory, now }: Known,
  others: ReadonlyArray<Fault>,
  select: (faults: ReadonlyArray<Fault>) => ReadonlyArray<Fault> = (faults) => faults
) {
  const orders = placed.map((order) => ({ ...order, terms: withoutPastStart(order.terms, now) }))
  const pair = directory.findPair(name)
  const faultsAt = (last: D.Decimal | undefined): ReadonlyArray<Fault> => [
    ...others,
    ...orders.flatMap(({ path, terms }) => {
      const canJudge = last !== undefined || !needsLastPrice(terms)
      const faults = [
        ...(pair === undefined ? [] : select(pairFaults(terms, pair, last))),
        ...(canJudge ? triggerFaults(terms, { pair: pair?.display ?? name, last }) : [])
      ]
      return path === undefined ? faults : within(path, faults)
    })
  ]
  const uses = orders.map(({ terms }) =>
    needsLastPrice(terms) ? "to check" : pair && needsLastPriceForVolume(terms, pair)
  )
  const price = lastPrice(endpoint, name, pair)
  const early = faultsAt(undefined)
  if (early.length > 0) {
    return uses.includes("to explain") ? faultsAt(Option.getOrUndefined(yield* Effect.option(price))) : early
  }
  return uses.includes("to check") ? faultsAt(yield* price) : []
})

/** Removes a start time that is not ahead. Such an order starts now, so its trigger is compared with the price of now. */
const withoutPastStart = (terms: Terms, now: DateTime.Utc): Terms =>
  Number(terms.starttm?.startsWith("+") ? Number.NaN : terms.starttm) * 1000 <= now.epochMillis
    ? Struct.omit(terms, "starttm")
    : terms

/** Lists the faults of the new trigger of an open order, which is read first. */
export const amendedTriggerFaults = Effect.fnUntraced(function* (
  { cl_ord_id, trigger_price, txid }: Amend,
  known: Known
) {
  if (trigger_price === undefined) return []
  const name = txid === undefined ? { cl_ord_id } : { txid }
  return yield* newFaults("private/AmendOrder", "trigger_price", trigger_price, name, known)
})

/** Refuses a bare price for an open order with a trigger: it could be the limit or the trigger. The order is read first. */
export const unclearPriceFaults = Effect.fnUntraced(function* ({ cl_ord_id, txid }: Amend) {
  const check = "which price of the order is meant"
  const orders = yield* ordersNamed("private/AmendOrder", check, txid === undefined ? { cl_ord_id } : { txid })
  const [ordertype] = orders.flatMap(({ descr }) => (hasTrigger(descr.ordertype) ? [descr.ordertype] : []))
  const fault = `could be limit_price or trigger_price of a ${ordertype} order: use one of these names`
  return ordertype === undefined ? [] : [{ path: "price", fault }]
})

/** Lists the faults of the new trigger of an order that is replaced. An order with `post` is a limit order. */
export const editedTriggerFaults = Effect.fnUntraced(function* ({ oflags, price, txid }: Edit, known: Known) {
  if (price === undefined || oflags?.includes("post") === true) return []
  const name = /^-?\d+$/.test(txid) ? { userref: txid } : { txid }
  return yield* newFaults("private/EditOrder", "price", price, name, known)
})

const newFaults = Effect.fnUntraced(function* (
  endpoint: Endpoint,
  field: "trigger_price" | "price",
  price: string,
  name: Params,
  { directory }: Known
) {
  const check = "the new trigger against the last price"
  const [order, ...others] = yield* ordersNamed(endpoint, check, name)
  if (order === undefined || others.length > 0) {
    const given = Object.entries(name).flat().join(" ")
    const reason = order === undefined ? `no order with the ${given} was found` : `several orders have the ${given}`
    return yield* new KrakenPrecheckFailed({ endpoint, check, reason })
  }
  const { ordertype, pair: id, type } = order.descr
  if ((type !== "buy" && type !== "sell") || !isTriggered(ordertype)) return []
  const pair = directory.findPair(id)
  const last = yield* lastPrice(endpoint, id, pair)
  return newTriggerFaults(field, { type, ordertype, price }, { pair: pair?.display ?? id, last })
})

const isTriggered = (ordertype: string | undefined): ordertype is Terms["ordertype"] => hasTrigger(ordertype)

/** Reads the order that has a txid, or the open orders that have another name. */
const ordersNamed = (endpoint: Endpoint, check: string, name: Params) =>
  name["txid"] === undefined
    ? Effect.map(required(endpoint, check, "private/OpenOrders", name), ({ open }) => Object.values(open))
    : required(endpoint, check, "private/QueryOrders", name).pipe(
        Effect.map((rows) => Arr.fromNullable(rows[String(name["txid"])])),
        Effect.catchTag("KrakenOrderError", () => Effect.succeed([]))
      )

/** Reads the last price of a pair: that of its latest trade. */
const lastPrice = (endpoint: Endpoint, name: string, pair: Pair | undefined) => {
  const check = `the order against the last price of ${pair?.display ?? name}`
  return Effect.flatMap(required(endpoint, check, "public/Ticker", tickerParams(name, pair)), (rows) => {
    const cell = Object.values(rows)[0]?.c?.[0]
    const last = cell === undefined || cell === null ? undefined : D.parse(String(cell))
    return last === undefined || !D.isPositive(last)
      ? new KrakenPrecheckFailed({ endpoint, check, reason: "Kraken shows no last price" })
      : Effect.succeed(last)
  })
}

/** Makes the parameters with which the ticker of one pair is read. */
export const tickerParams = (name: string, pair: Pair | undefined): Params => ({
  pair: pair?.altname ?? name,
  ...(pair?.assetClass === "tokenized_asset" && { asset_class: "tokenized_asset" })
})

/**
 * Reads a fact without which a write cannot be checked, and refuses the write if the fact is unavailable. Errors of the
 * key or the account would stop the write as well, and are passed on unchanged.
 */
const required = <E extends ReadEndpoint>(
  endpoint: Endpoint,
  check: string,
  source: E,
  params: Params
): Effect.Effect<Result<E>, ReadError | KrakenPrecheckFailed, Effect.Effect.Context<ReturnType<typeof read>>> =>
  Effect.flatMap(read(source, params), Schema.decodeUnknown(endpoints[source].result)).pipe(
    Effect.mapError((error: ReadError | ParseResult.ParseError) => {
      switch (error._tag) {
        case "KrakenCredentialsMissing":
        case "KrakenAuthError":
        case "KrakenLockout":
        case "PaperAccountBroken":
        // An order that Kraken does not know.
        case "KrakenOrderError":
          return error
        case "ParseError":
          return new KrakenPrecheckFailed({ endpoint, check, reason: "Kraken's answer has another shape" })
        default:
          return new KrakenPrecheckFailed({ endpoint, check, reason: error.message })
      }
    })
  )

const read = (source: ReadEndpoint, params: Params) =>
  Effect.flatMap(KrakenClient, (kraken) => kraken.read(source, params, { priority: "write" }))

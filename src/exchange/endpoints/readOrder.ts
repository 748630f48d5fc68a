import { Predicate } from "effect"
import { fit, scan } from "../base/fixed.ts"
import { lastPrice } from "../engine/liquidity.ts"
import { checkMode } from "../engine/mode.ts"
import { closeTypes, type OrderType, orderTypes } from "../../domain/orders/orders.ts"
import { type CloseSpec, type OrderSpec, type Side } from "../state/order.ts"
import { costOf, type Pair } from "../catalogue/pairs.ts"
import { flag, integer, list, oneOf, type Params, required, text } from "../wire/params.ts"
import { readPrices } from "../state/prices.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import type { Account } from "../state/account.ts"
import { type Exchange, pairStateOf } from "../state/state.ts"
import { readTimes } from "../wire/times.ts"

const flags = ["post", "fcib", "fciq", "nompp", "viqc"]

/** Reads and checks an order's arguments in the order in which Kraken checks them. Changes nothing. */
export const readOrder = (exchange: Exchange, account: Account, pair: Pair, params: Params): OrderSpec => {
  const side = oneOf(params, "type", ["buy", "sell"])
  if (side === undefined) throw invalid("type")
  const type = oneOf(params, "ordertype", orderTypes)
  if (type === undefined) throw invalid("ordertype")
  const oflags = list(params, "oflags") ?? []
  if (oflags.some((name) => !flags.includes(name))) throw invalid("oflags")
  const postOnly = oflags.includes("post")
  checkMode(exchange, pairStateOf(exchange, pair), type, postOnly)
  const timeInForce = oneOf(params, "timeinforce", ["GTC", "IOC", "FOK", "GTD"]) ?? "GTC"
  const triggerBy = oneOf(params, "trigger", ["last", "index"]) ?? "last"
  if (triggerBy === "index" && exchange.market.index(pair, exchange.now) === undefined)
    throw invalid("Index unavailable")
  const selfTrade = oneOf(params, "stptype", ["cancel-newest", "cancel-oldest", "cancel-both"]) ?? "cancel-newest"
  refuseMargin(params, type)

  const last = lastPrice(exchange, pairStateOf(exchange, pair))
  const prices = readPrices(
    pair,
    side,
    type,
    text(params, "price"),
    text(params, "price2"),
    last,
    exchange.settings.rules
  )
  const inQuote = oflags.includes("viqc")
  if (inQuote && (type !== "market" || side !== "buy")) throw invalid("oflags")
  const { volume, spend } = readVolume(pair, params, inQuote, prices.limit ?? prices.trigger ?? last)
  if (postOnly && !canPost({ type, timeInForce })) throw invalid("oflags")
  if (oflags.includes("fcib") && oflags.includes("fciq")) throw invalid("oflags")
  const names = readNames(account, params)
  const times = readTimes(exchange, params, timeInForce)
  return {
    pair,
    side,
    type,
    ...prices,
    triggerBy,
    volume,
    spend,
    display: readDisplay(pair, params, type, volume),
    timeInForce,
    postOnly,
    // Kraken's documentation calls fcib the default of sells, but its answers show fciq on sells too. This follows the
    // answers.
    feeInBase: oflags.includes("fcib"),
    selfTrade,
    ...times,
    ...names,
    close: readClose(pair, side, params, last, exchange.settings.rules),
    refid: undefined
  }
}

/** Returns true if an order can be post-only: limit and iceberg orders that can rest in the book. */
export const canPost = ({ timeInForce, type }: Pick<OrderSpec, "timeInForce" | "type">): boolean =>
  (type === "limit" || type === "iceberg") && timeInForce !== "IOC" && timeInForce !== "FOK"

export const readVolumeText = (pair: Pair, value: string, field = "volume"): bigint => {
  const scanned = scan(value)
  const volume = scanned && fit(scanned, pair.lotDecimals)
  if (volume === undefined || volume <= 0n) throw invalid(field)
  return volume
}

/** Throws a Refusal if the volume or cost is below the pair's minimum. */
export const checkMinimum = (pair: Pair, volume: bigint, price: bigint): void => {
  if (volume < pair.ordermin) throw invalid("volume minimum not met")
  const scale = 10n ** BigInt(pair.costDecimals)
  if (costOf(pair, price, volume) * 10n ** BigInt(pair.quote.decimals) < pair.costmin * scale) {
    throw new Refusal("EOrder:Cost minimum not met")
  }
}

export const checkDisplay = (display: bigint, volume: bigint, field: string): void => {
  if (display * 15n < volume || display > volume) throw invalid(field)
}

const refuseMargin = (params: Params, type: OrderType): void => {
  const why = "margin trading is not simulated"
  if (type === "settle-position") throw invalid(`ordertype:settle-position, ${why}`)
  const leverage = text(params, "leverage")
  if (leverage !== undefined && leverage !== "none" && leverage !== "0" && !/^1(:1)?$/.test(leverage)) {
    throw new Refusal(`EOrder:Cannot open position:${why}`)
  }
  if (flag(params, "reduce_only")) throw new Refusal(`EOrder:Reduce only:No position exists, ${why}`)
}

const readVolume = (pair: Pair, params: Params, inQuote: boolean, price: bigint) => {
  const value = required(params, "volume")
  if (!inQuote) {
    const volume = readVolumeText(pair, value)
    checkMinimum(pair, volume, price)
    return { volume, spend: undefined }
  }
  const scanned = scan(value)
  const spend = scanned && fit(scanned, pair.quote.decimals)
  if (spend === undefined || spend <= 0n) throw invalid("volume")
  if (spend < pair.costmin) throw new Refusal("EOrder:Cost minimum not met")
  return { volume: 0n, spend }
}

const readDisplay = (pair: Pair, params: Params, type: OrderType, volume: bigint): bigint | undefined => {
  const value = text(params, "displayvol")
  if (type !== "iceberg") {
    if (value !== undefined) throw invalid("displayvol")
    return undefined
  }
  if (value === undefined) throw invalid("displayvol")
  const display = readVolumeText(pair, value, "displayvol")
  checkDisplay(display, volume, "displayvol")
  return display
}

const readNames = (account: Account, params: Params) => {
  const userref = integer(params, "userref", [-(2 ** 31), 2 ** 31 - 1])
  const clientId = text(params, "cl_ord_id")
  if (clientId === undefined) return { userref, clientId }
  const isUuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(clientId) || /^[0-9a-f]{32}$/i.test(clientId)
  const shaped = isUuid || /^[\x21-\x7e]{1,18}$/.test(clientId)
  if (userref !== undefined || !shaped || account.clientIds.has(clientId)) throw invalid("cl_ord_id")
  return { userref, clientId }
}

const readClose = (pair: Pair, side: Side, params: Params, last: bigint, rules: number): CloseSpec | undefined => {
  const close = params["close"]
  if (close === undefined || close === null) return undefined
  if (!Predicate.isRecord(close)) throw invalid("close")
  const type = oneOf(close, "ordertype", closeTypes)
  if (type === undefined) throw invalid("close[ordertype]")
  const price = required(close, "price")
  const price2 = text(close, "price2")
  readPrices(pair, side === "buy" ? "sell" : "buy", type, price, price2, last, rules)
  return { type, price, price2 }
}

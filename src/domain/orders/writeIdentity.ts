import { Either, Option, Predicate, Record, Schema, Struct } from "effect"
import { canonicalJson } from "../wire/canonicalJson.ts"
import * as D from "../numbers/decimal.ts"
import type { Endpoint, Params } from "../endpoints/endpoints.ts"
import type { Directory } from "../assets/model.ts"
import { convertSize, OrderOfSize, sizeFactsNeeded, sizeFaults } from "./orderSize.ts"

/**
 * Computes a text that is equal for two writes with the same effect, however they are spelled. Numbers are compared by
 * value, unordered lists as sets, names by the pair or asset that they name, and a default value as if left out. Ids
 * are compared letter by letter, and the orders of a batch in their order.
 */
export const writeIdentity = (endpoint: Endpoint, params: Params, directory: Directory): string =>
  `${endpoint} ${canonicalJson(normalize(directory, effectOf(endpoint, params, directory)))}`

/** Selects the parameters that decide the effect of a write. */
const effectOf = (endpoint: Endpoint, params: Params, directory: Directory): Params => {
  if (endpoint === "private/Withdraw") return only(params, sameWithdrawal)
  return endpoint === "private/AddOrder" ? withVolume(params, directory) : params
}

const decode = Schema.decodeUnknownOption(OrderOfSize)

/** Replaces a cost by the volume that it comes to, unless that depends on the order book. */
const withVolume = (params: Params, directory: Directory): Params => {
  if (params["volume"] === "all") return { ...params, volume: "100%" }
  const order = Option.getOrUndefined(decode(Record.filter(params, Predicate.isNotNullable)))
  const pair = directory.findPair(String(params["pair"]))
  if (order?.cost === undefined || pair === undefined) return params
  if (sizeFaults(order).length > 0 || sizeFactsNeeded(order).book) return params
  return Either.match(convertSize(order, { pair, quoteDecimals: pair.costDecimals }), {
    onLeft: () => params,
    onRight: ({ inQuote, volume }) => ({
      ...Struct.omit(params, "cost"),
      volume,
      ...(inQuote && { oflags: [...(order.oflags ?? []), "viqc"] })
    })
  })
}

/**
 * Fields that identify a withdrawal. A limit on the fee or a check of the address does not make it another withdrawal.
 */
const sameWithdrawal = ["asset", "key", "amount"]

/** Fields that decide when a request is refused, and do not change its effect. */
const conditions: ReadonlySet<string> = new Set(["deadline", "repeat"])

const numbers: ReadonlySet<string> = new Set([
  "amount",
  "cost",
  "displayvol",
  "display_qty",
  "expiretm",
  "leverage",
  "limit_price",
  "order_qty",
  "price",
  "price2",
  "starttm",
  "trigger_price",
  "userref",
  "volume"
])

const sets: ReadonlySet<string> = new Set(["oflags", "fields"])

/** Kraken's values of fields that are left out. */
const defaults: Params = {
  aclass: "currency",
  asset_class: "currency",
  cancel_response: "false",
  post_only: "false",
  rebase_multiplier: "rebased",
  reduce_only: "false",
  stptype: "cancel-newest",
  timeinforce: "GTC",
  trigger: "last",
  validate: "false"
}

const normalize = (directory: Directory, params: Params): Params =>
  Object.fromEntries(
    Object.entries(params)
      .filter(([name, value]) => value !== undefined && value !== null && !conditions.has(name))
      .map(([name, value]) => [name, normalizeField(directory, name, value)] as const)
      .filter(([name, value]) => value !== defaults[name])
  )

const normalizeField = (directory: Directory, name: string, value: unknown): unknown => {
  if (sets.has(name)) return [...new Set([value].flat().flatMap((item) => String(item).split(",")))].toSorted()
  // A list counts by its places.
  if (typeof value === "object") return normalize(directory, { ...value })
  const text = String(value)
  if (numbers.has(name)) return oneNumber(text)
  if (name === "pair") return plainName(directory.findPair(text)?.altname ?? text)
  if (name === "asset") return plainName(altnameOf(directory, text))
  return text
}

const altnameOf = (directory: Directory, asset: string): string => {
  const found = directory.findAsset(asset)
  return found === undefined ? asset : found.asset.altname + found.suffix
}

/** Normalizes a name that is in no list, so that `xbt/usd` and `XBTUSD` are equal. */
const plainName = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9.]/g, "")

/**
 * Normalizes a number so that equal numbers have one spelling, also relative prices (`+1.50%`). Other text is
 * unchanged.
 */
const oneNumber = (text: string): string => {
  const { digits, sign, unit } = /^(?<sign>[+#-]?)(?<digits>\d+(\.\d+)?)(?<unit>%?)$/.exec(text)?.groups ?? {}
  const value = digits === undefined ? undefined : D.parse(digits)
  return value === undefined ? text : `${sign}${D.format(value)}${unit}`
}

const only = (params: Params, names: ReadonlyArray<string>): Params =>
  Object.fromEntries(names.map((name) => [name, params[name]]))

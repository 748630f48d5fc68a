import { Predicate } from "effect"
import { tiers } from "../../domain/endpoints/rateCosts.ts"
import { creditImmediately, findAccount, openAccount } from "../accounts/accounts.ts"
import { findAsset } from "../catalogue/catalogue.ts"
import type { PublicEndpoint } from "../wire/call.ts"
import { fit, format, scan } from "../base/fixed.ts"
import { deposit, methodsOf } from "../accounts/funding.ts"
import { importCatalogue } from "./catalogueImport/importCatalogue.ts"
import { statuses } from "../catalogue/pairs.ts"
import { amount, assetNamed, flag, integer, oneOf, pairNamed, plain, required, text } from "../wire/params.ts"
import { applySnapshot, observedPair } from "./marketSnapshot/applySnapshot.ts"
import { readSnapshot } from "./marketSnapshot/readSnapshot.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import { changeMode } from "../engine/changeMode.ts"
import { resetTaken } from "../engine/liquidity.ts"
import { fillCrossed } from "../engine/matching.ts"
import { processTriggered } from "../engine/submit.ts"
import { failTransfers } from "../accounts/transfers.ts"
import { readPrice } from "../state/prices.ts"
import { currentRules, pairStateOf } from "../state/state.ts"

/**
 * Opens an account. This and the other operator commands are not available to Kraken's clients, and are journalled like
 * any other command. `balances` maps assets (with or without a suffix such as `.S`) to decimal texts.
 */
export const OpenAccount: PublicEndpoint = (exchange, params) => {
  const name = required(params, "name")
  if (findAccount(exchange, name) !== undefined) throw invalid("name")
  const balances = params["balances"] ?? {}
  if (!Predicate.isRecord(balances)) throw invalid("balances")
  const amounts = Object.entries(balances).map(([key, value]) => {
    const [asset, suffix = ""] = key.split(/(?=\.[A-Z]$)/)
    const known = findAsset(exchange.catalogue, asset!)
    const scanned = scan(plain(value, `balances:${key}`))
    const units = known && scanned && fit(scanned, known.decimals)
    if (units === undefined || units <= 0n) throw invalid(`balances:${key}`)
    return [known!.id + suffix, units] as const
  })
  const account = openAccount(exchange, { name })
  for (const [balance, units] of amounts) creditImmediately(exchange, account, balance, units)
  return { account: account.id }
}

/**
 * Deposits an amount. It is credited after three minutes, or immediately with `at_once`. An asset without a funding
 * method is refused, or with `or_adjust` credited as an adjustment.
 */
export const Deposit: PublicEndpoint = (exchange, params) => {
  const account = findAccount(exchange, required(params, "account"))
  if (account === undefined) throw invalid("account")
  const asset = assetNamed(exchange, required(params, "asset"))
  const sum = amount(params, "amount", asset)
  if (sum === undefined) throw invalid("amount")
  const name = text(params, "method")
  const method = methodsOf(exchange, asset).find((each) => name === undefined || each.name === name)
  if (method === undefined && name === undefined && flag(params, "or_adjust")) {
    creditImmediately(exchange, account, asset.id, sum)
    return { refid: account.id }
  }
  if (method === undefined) throw new Refusal("EFunding:No funding method")
  const { refid } = deposit(exchange, account, method, sum, flag(params, "at_once"))
  return { refid }
}

/** Fails pending deposits and withdrawals: the one with the given id, or all. */
export const FailTransfers: PublicEndpoint = (exchange, params) => {
  const refid = text(params, "refid")
  const failed = failTransfers(exchange, refid)
  if (refid !== undefined && failed.length === 0) throw invalid("refid")
  return { failed }
}

export const SystemStatus: PublicEndpoint = (exchange, params) => {
  const status = oneOf(params, "status", ["online", "maintenance", "cancel_only", "post_only"])
  if (status === undefined) throw invalid("status")
  changeMode(exchange, () => (exchange.status = status))
  return { status }
}

/** Sets the trading status of one pair, independently of the exchange's status. */
export const PairStatus: PublicEndpoint = (exchange, params) => {
  const state = pairStateOf(exchange, pairNamed(exchange, params, required(params, "pair")))
  const status = oneOf(params, "status", statuses)
  if (status === undefined) throw invalid("status")
  changeMode(exchange, () => (state.status = status))
  return { pair: state.pair.id, status }
}

/**
 * Applies a snapshot of a recorded market; see `readSnapshot`. The result's `news` is true if the snapshot changed
 * anything.
 */
export const Observe: PublicEndpoint = (exchange, params) => ({
  news: applySnapshot(exchange, readSnapshot(observedPair(exchange, params), params))
})

/**
 * Imports rows of Kraken's lists of assets and pairs; see `importCatalogue`. Refused on a synthetic market, whose pairs
 * are fixed.
 */
export const List: PublicEndpoint = (exchange, params) => {
  if (exchange.market.recorder === undefined) throw new Refusal("EGeneral:Unknown method")
  importCatalogue(exchange, params)
  return { pairs: exchange.catalogue.pairs.size, assets: exchange.catalogue.assets.size }
}

/** Sets the verification tier and whether calls are counted, from now on. */
export const Limits: PublicEndpoint = (exchange, params) => {
  const tier = oneOf(params, "tier", tiers) ?? exchange.settings.tier
  const rateLimits = flag(params, "rate_limits", exchange.settings.rateLimits)
  exchange.settings = { ...exchange.settings, tier, rateLimits }
  return { tier, rate_limits: rateLimits }
}

/** Changes to a newer revision of the rules for commands. An older one is refused. */
export const Rules: PublicEndpoint = (exchange, params) => {
  const revision = integer(params, "revision", [exchange.settings.rules, currentRules])
  if (revision === undefined) throw invalid("revision")
  exchange.settings = { ...exchange.settings, rules: revision }
  return { revision }
}

/**
 * Moves the middle of a pair's book to a price, from which the market goes on. Orders that this price reaches are
 * processed at once; earlier prices stay. Refused on a recorded market.
 */
export const Price: PublicEndpoint = (exchange, params) => {
  const state = pairStateOf(exchange, pairNamed(exchange, params, required(params, "pair")))
  const { pair } = state
  if (exchange.market.move === undefined) throw new Refusal("EGeneral:Unknown method")
  const price = readPrice(required(params, "price"), pair, "price")
  if (price.sign !== "") throw invalid("price")
  exchange.market.move(pair, exchange.now, price.value)
  state.ownTrade = undefined
  resetTaken(exchange, state)
  fillCrossed(exchange, state)
  processTriggered(exchange, state)
  return { pair: pair.id, price: format(price.value, pair.priceDecimals) }
}

/** Advances the clock and does nothing else. */
export const Advance: PublicEndpoint = (exchange) => ({ now: exchange.now })

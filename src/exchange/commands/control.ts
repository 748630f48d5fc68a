import { tiers } from "../../domain/endpoints/rateCosts.ts"
import { endow, findAccount, openAccount } from "../accounts/accounts.ts"
import { findAsset } from "../catalogue/catalogue.ts"
import type { PublicEndpoint } from "../wire/Call.ts"
import { fit, scan } from "../base/fixed.ts"
import { deposit, methodsOf } from "../accounts/funding.ts"
import { importCatalogue } from "./catalogueImport/importCatalogue.ts"
import { statuses } from "../catalogue/pairs.ts"
import { amount, assetNamed, flag, isObject, oneOf, pairNamed, plain, required, text } from "../wire/params.ts"
import { applySnapshot, observedPair } from "./marketSnapshot/applySnapshot.ts"
import { readSnapshot } from "./marketSnapshot/readSnapshot.ts"
import { invalid, Refusal } from "../base/Refusal.ts"
import { changeMode } from "../engine/reopen.ts"
import { failTransfers } from "../accounts/transfers.ts"
import { venueOf } from "../state/state.ts"

/**
 * What no Kraken client can do: the operator's own commands, journalled like any other. `balances` is an object from
 * asset (with or without a suffix such as `.S`) to decimal text.
 */
export const OpenAccount: PublicEndpoint = (x, params) => {
  const name = required(params, "name")
  if (findAccount(x, name) !== undefined) throw invalid("name")
  const balances = params["balances"] ?? {}
  if (!isObject(balances)) throw invalid("balances")
  const amounts = Object.entries(balances).map(([key, value]) => {
    const [asset, suffix = ""] = key.split(/(?=\.[A-Z]$)/)
    const known = findAsset(x.catalogue, asset!)
    const scanned = scan(plain(value, `balances:${key}`))
    const units = known && scanned && fit(scanned, known.decimals)
    if (units === undefined || units <= 0n) throw invalid(`balances:${key}`)
    return [known!.id + suffix, units] as const
  })
  const account = openAccount(x, { name })
  for (const [balance, units] of amounts) endow(x, account, balance, units)
  return { account: account.id }
}

/**
 * A deposit arrives: after three minutes as at Kraken, or with `at_once`. What can't be deposited is refused, or with
 * `or_adjust` simply there.
 */
export const Deposit: PublicEndpoint = (x, params) => {
  const account = findAccount(x, required(params, "account"))
  if (account === undefined) throw invalid("account")
  const asset = assetNamed(x, required(params, "asset"))
  const sum = amount(params, "amount", asset)
  if (sum === undefined) throw invalid("amount")
  const name = text(params, "method")
  const method = methodsOf(asset).find((each) => name === undefined || each.name === name)
  if (method === undefined && name === undefined && flag(params, "or_adjust")) {
    endow(x, account, asset.id, sum)
    return { refid: account.id }
  }
  if (method === undefined) throw new Refusal("EFunding:No funding method")
  const { refid } = deposit(x, account, method, sum, flag(params, "at_once"))
  return { refid }
}

/** Deposits and withdrawals that are on their way fail: the one of an id, or all. */
export const FailTransfers: PublicEndpoint = (x, params) => {
  const refid = text(params, "refid")
  const failed = failTransfers(x, refid)
  if (refid !== undefined && failed.length === 0) throw invalid("refid")
  return { failed }
}

export const SystemStatus: PublicEndpoint = (x, params) => {
  const status = oneOf(params, "status", ["online", "maintenance", "cancel_only", "post_only"])
  if (status === undefined) throw invalid("status")
  changeMode(x, () => (x.status = status))
  return { status }
}

/** What one pair allows, whatever the rest of the venue does. */
export const PairStatus: PublicEndpoint = (x, params) => {
  const venue = venueOf(x, pairNamed(x, params, required(params, "pair")))
  const status = oneOf(params, "status", statuses)
  if (status === undefined) throw invalid("status")
  changeMode(x, () => (venue.status = status))
  return { pair: venue.pair.id, status }
}

/** A market that can't be computed has been looked at: see `readSnapshot`. `news` tells whether it changed anything. */
export const Observe: PublicEndpoint = (x, params) => ({
  news: applySnapshot(x, readSnapshot(observedPair(x, params), params))
})

/**
 * Kraken's lists of assets and pairs say more, or other things, than is known here: see `importCatalogue`. A market that is computed
 * has no more pairs than it has.
 */
export const List: PublicEndpoint = (x, params) => {
  if (x.market.recorder === undefined) throw new Refusal("EGeneral:Unknown method")
  importCatalogue(x, params)
  return { pairs: x.catalogue.pairs.size, assets: x.catalogue.assets.size }
}

/** The limits that hold from now on. */
export const Limits: PublicEndpoint = (x, params) => {
  const tier = oneOf(params, "tier", tiers) ?? x.settings.tier
  const rateLimits = flag(params, "rate_limits", x.settings.rateLimits)
  x.settings = { ...x.settings, tier, rateLimits }
  return { tier, rate_limits: rateLimits }
}

/** Nothing but time passing. */
export const Advance: PublicEndpoint = (x) => ({ now: x.now })

import { Predicate } from "effect"
import type { Endpoint } from "../wire/call.ts"
import { findPair } from "../catalogue/catalogue.ts"
import { tierOf } from "../catalogue/fees.ts"
import { format } from "../base/fixed.ts"
import { feeInfo } from "../catalogue/feeInfo.ts"
import { recentVolume } from "../accounts/holds.ts"
import { token } from "../base/ids.ts"
import { left } from "../state/order.ts"
import { baseAmount, keyOf } from "../catalogue/pairs.ts"
import { array, assetNamed, oneOf, plain, text } from "../wire/params.ts"
import { Refusal } from "../base/refusal.ts"
import { amountText } from "../wire/show.ts"
import type { Account } from "../state/account.ts"
import { type Exchange, nextNumber } from "../state/state.ts"
import { convert } from "../accounts/value.ts"

export const Balance: Endpoint = (exchange, { account }) =>
  Object.fromEntries(held(account).map(([asset, amount]) => [asset, amountText(exchange, asset, amount)]))

export const BalanceEx: Endpoint = (exchange, { account }) =>
  Object.fromEntries(
    held(account).map(([asset, amount]) => [
      asset,
      {
        balance: amountText(exchange, asset, amount),
        hold_trade: amountText(exchange, asset, account.holds.get(asset) ?? 0n)
      }
    ])
  )

export const TradeBalance: Endpoint = (exchange, { account, params }) => {
  const asset = assetNamed(exchange, text(params, "asset") ?? "ZUSD")
  const print = (amount: bigint) => format(amount, asset.decimals)
  let total = 0n
  for (const [held, amount] of account.balances) total += convert(exchange, amount, held, asset.id)
  let open = 0n
  for (const order of account.open.values()) {
    open += convert(exchange, baseAmount(order.pair, left(order)), order.pair.base.id, asset.id)
  }
  const zero = print(0n)
  const all = print(total)
  return {
    eb: all,
    tb: all,
    m: zero,
    n: zero,
    c: zero,
    v: zero,
    e: all,
    mf: all,
    mfo: print(total - open),
    uv: print(open)
  }
}

export const TradeVolume: Endpoint = (exchange, { account, params }) => {
  const volume = recentVolume(exchange, account)
  const asked = (params["pair"] === "" ? [] : (array(params, "pair") ?? [])).map((pair) =>
    plain(Predicate.isRecord(pair) ? pair["asset"] : pair, "pair")
  )
  const found = asked.map((name) => {
    const pair = findPair(exchange.catalogue, name)
    if (pair === undefined) throw new Refusal("EQuery:Unknown asset pair")
    return [keyOf(pair, name), pair] as const
  })
  return {
    currency: "ZUSD",
    asset_class: "currency",
    volume: format(volume, 4),
    ...(found.length > 0 && {
      fees: Object.fromEntries(found.map(([key, { fees }]) => [key, feeInfo(fees, volume, "taker")])),
      fees_maker: Object.fromEntries(found.map(([key, { fees }]) => [key, feeInfo(fees, volume, "maker")]))
    }),
    // Unlike other flags, this one must be spelled as in JSON: Kraken refuses Python's `True`.
    ...(oneOf(params, "fee_schedule", ["true", "false"]) === "true" && {
      schedules: found.map(([key, { fees }]) => ({
        pair: key,
        class: "spot",
        tiers: fees.map((row, index) => ({
          maker_fee: format(row.maker, 4),
          taker_fee: format(row.taker, 4),
          min_spot_volume: `${row.volume}.0000`,
          active: index === tierOf(fees, volume)
        }))
      }))
    })
  }
}

/** Returns null, since no simulated account has a credit line. */
export const CreditLines: Endpoint = () => null

export const GetApiKeyInfo: Endpoint = (_, { account, key }) => ({
  api_key_name: key.name,
  api_key: key.id,
  nonce: key.nonce ?? "0",
  nonce_window: String(key.nonceWindow ?? 0),
  permissions: key.permissions,
  iban: account.id,
  valid_until: String(key.validUntil ?? 0),
  query_from: String(key.queryFrom ?? 0),
  query_to: String(key.queryTo ?? 0),
  created_time: String(key.created ?? Math.floor(account.created / 1000)),
  modified_time: String(key.created ?? Math.floor(account.created / 1000)),
  ip_allowlist: key.ipAllowlist ?? [""],
  last_used: key.lastUsed === undefined ? null : String(key.lastUsed)
})

export const GetWebSocketsToken: Endpoint = (exchange) => ({
  token: token(exchange.settings.seed, nextNumber(exchange)),
  expires: 900
})

/** Lists the account and its subaccounts by the ids that transfers between them take. */
export const ListWalletAccounts: Endpoint = (exchange, { account }) => ({
  accounts: [account, ...subaccounts(exchange, account)].map((each) => ({
    account_id: each.id.replaceAll(" ", "-"),
    flags: { user_defined: each !== account, active: true },
    status: "active",
    type: each === account ? "main" : "spot",
    name: each === account ? null : each.name
  })),
  cursor: { next: null }
})

const subaccounts = (exchange: Exchange, account: Account) =>
  [...exchange.accounts.values()].filter(({ master }) => master === account.id)

const held = (account: Account): ReadonlyArray<readonly [string, bigint]> => [...account.balances]

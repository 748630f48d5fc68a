import { Effect, Option, Schema, Struct } from "effect"
import * as D from "../domain/decimal.ts"
import { type KeyInfo, limitsOf, readKeyInfo } from "../domain/keyInfo.ts"
import { meaning } from "../domain/permissions.ts"
import { KrakenClient } from "../services/KrakenClient.ts"
import { PermissionCache } from "../services/PermissionCache.ts"
import {
  Amount,
  AssetClass,
  AssetName,
  AssetNames,
  boolean,
  end,
  ids,
  optional,
  paged,
  PairNames,
  paging,
  Rebase,
  Seconds,
  start,
  text,
  withDefault
} from "./Fields.ts"
import * as Rows from "./Rows.ts"
import * as Tool from "./Tool.ts"

const rebase_multiplier = optional(Rebase)

export const getAccountBalance = Tool.endpoint("get_account_balance", {
  title: "Account balance",
  description:
    "Balance of each asset, net of pending withdrawals but not of open orders: see get_extended_balance for what is free. Suffixes: .S staked, .M rewards, .B yield-bearing, .T tokenised.",
  endpoint: "private/Balance",
  permissions: [["query-funds"]],
  intent: "read",
  input: { rebase_multiplier },
  shape: (result, { asset }) => ({
    balances: Object.entries(Object(result)).map(([id, balance]) => ({ asset: asset(id), id, balance }))
  }),
  output: Schema.Struct({
    balances: Schema.Array(Schema.Struct({ asset: Schema.String, id: Schema.String, balance: Amount }))
  })
})

export const getExtendedBalance = Tool.endpoint("get_extended_balance", {
  title: "Extended balance",
  description:
    "Of each asset: balance, credit, what open spot orders hold, and available = balance + credit − credit_used − hold_trade.",
  endpoint: "private/BalanceEx",
  permissions: [["query-funds"]],
  intent: "read",
  input: { rebase_multiplier },
  instead: "get_account_balance",
  shape: (result, { asset }) => ({
    balances: Rows.keyed(result, "id").map((row) => ({
      asset: asset(String(row["id"])),
      ...row,
      available: available(row)
    }))
  }),
  output: Schema.Struct({
    balances: Schema.Array(
      Schema.Struct({
        asset: Schema.String,
        id: Schema.String,
        balance: Amount,
        credit: optional(Amount),
        credit_used: optional(Amount),
        hold_trade: optional(Amount),
        available: Amount
      })
    )
  })
})

export const getTradeBalance = Tool.endpoint("get_trade_balance", {
  title: "Trade balance",
  description:
    "The account valued in one currency: eb all currencies, tb collateral, m margin used, n unrealised profit, c cost and v value of positions, e equity, mf free margin, ml margin level in percent (only with positions), uv value of unfilled orders, mfo free margin after open orders.",
  endpoint: "private/TradeBalance",
  permissions: [["query-open-trades"], ["query-funds"]],
  intent: "read",
  input: { asset: withDefault(AssetName, "ZUSD"), rebase_multiplier },
  output: Schema.Struct({
    eb: Amount,
    tb: Amount,
    m: optional(Amount),
    n: optional(Amount),
    c: optional(Amount),
    v: optional(Amount),
    e: optional(Amount),
    mf: optional(Amount),
    ml: optional(Amount),
    uv: optional(Amount),
    mfo: optional(Amount)
  })
})

const Fee = Schema.Struct({
  pair: Schema.String,
  id: Schema.String,
  fee: Amount,
  minfee: optional(Amount),
  maxfee: optional(Amount),
  nextfee: optional(Amount),
  tiervolume: optional(Amount),
  nextvolume: optional(Amount)
})

export const getTradeVolume = Tool.endpoint("get_trade_volume", {
  title: "Trade volume and fees",
  description:
    "30-day volume in USD, and the fees of the given pairs in percent (0.4000 is 0.40 %): fees for takers, fees_maker for makers. Without pair no fees.",
  endpoint: "private/TradeVolume",
  permissions: [["query-funds"]],
  intent: "read",
  input: {
    pair: optional(PairNames),
    fee_schedule: optional(boolean("Add the whole schedule of tiers")),
    rebase_multiplier
  },
  shape: (result, { asset, pair }) => {
    const { currency, fees, fees_maker, schedules, volume } = Object(result)
    const rows = (fees: unknown) =>
      Rows.keyed(Object(fees), "id").map((row) => Rows.compact({ pair: pair(String(row["id"])), ...row }))
    return {
      currency: asset(String(currency)),
      volume,
      fees: rows(fees),
      fees_maker: rows(fees_maker),
      ...(schedules && { schedules })
    }
  },
  output: Schema.Struct({
    currency: Schema.String,
    volume: Amount,
    fees: Schema.Array(Fee),
    fees_maker: Schema.Array(Fee.annotations({ jsonSchema: { type: "object" } })),
    schedules: optional(Schema.Array(Schema.Unknown))
  })
})

const LedgerEntry = Schema.Struct({
  id: Schema.String,
  time: Seconds,
  type: Schema.String,
  subtype: optional(Schema.String),
  asset: Schema.String,
  aclass: optional(Schema.String),
  amount: Amount,
  fee: optional(Amount),
  balance: optional(Amount),
  refid: optional(Schema.String)
}).annotations({ description: "amount is signed; fee is in the same asset; refid names the trade or transfer" })

const ledgerEntry = (asset: (id: string) => string) => (row: Rows.Row) =>
  Rows.compact({ ...row, asset: asset(String(row["asset"])) }, { zeros: ["fee"] })

const ledgerTypes = Schema.Literal(
  "all",
  "trade",
  "deposit",
  "withdrawal",
  "transfer",
  "margin",
  "adjustment",
  "rollover",
  "credit",
  "settled",
  "staking",
  "dividend",
  "sale",
  "nft_rebate"
)

export const getLedgers = Tool.endpoint("get_ledgers", {
  title: "Ledger",
  description:
    "Every change of a balance, newest first, at most 50 a page: next_ofs gets more; fix end first, since pages shift when entries arrive. A trade makes two entries.",
  endpoint: "private/Ledgers",
  permissions: [["query-ledger"]],
  intent: "read",
  input: {
    asset: optional(AssetNames),
    aclass: optional(AssetClass),
    type: optional(ledgerTypes.annotations({ description: "Only entries of this kind (default all)" })),
    start: optional(start),
    end: optional(end),
    without_count: optional(boolean("Leave out count, which is faster")),
    rebase_multiplier,
    ...paging
  },
  params: (input) => Struct.omit(input, "limit"),
  shape: (result, { asset, input }) => {
    const { count, ledger } = result as { readonly ledger: unknown; readonly count?: unknown }
    const all = Rows.newestFirst(Rows.keyed(ledger, "id").map(ledgerEntry(asset)), "time")
    const { rows, ...page } = Rows.page(all, input, count)
    return { entries: rows, ...page }
  },
  output: Schema.Struct({ entries: Schema.Array(LedgerEntry), ...paged })
})

export const queryLedgers = Tool.endpoint("query_ledgers", {
  title: "Ledger entries by id",
  description: "Entries of the ledger by their ids. Rows are as in get_ledgers.",
  endpoint: "private/QueryLedgers",
  permissions: [["query-ledger"]],
  intent: "read",
  input: { id: ids("ledger ids", 20), trades: optional(boolean("Add the trades")), rebase_multiplier },
  shape: (result, { asset }) => ({
    entries: Rows.newestFirst(Rows.keyed(result, "id").map(ledgerEntry(asset)), "time")
  }),
  output: Schema.Struct({ entries: Schema.Array(LedgerEntry.annotations({ jsonSchema: { type: "object" } })) })
})

const CreditRow = Schema.Struct({
  asset: Schema.String,
  balance: optional(Amount),
  credit_limit: optional(Amount),
  credit_used: optional(Amount),
  available_credit: optional(Amount),
  collateral_value: optional(Amount),
  hold_trade: optional(Amount)
})

const Limits = Schema.Struct({
  total_credit_usd: optional(Amount),
  total_credit_used_usd: optional(Amount),
  total_collateral_value_usd: optional(Amount),
  equity_usd: optional(Amount),
  ongoing_balance: optional(Amount),
  debt_to_equity: optional(Amount)
})

export const getCreditLines = Tool.endpoint("get_credit_lines", {
  title: "Credit lines",
  description:
    "Credit lines of VIP accounts: for each asset, and their limits. has_credit_line is false for everybody else.",
  endpoint: "private/CreditLines",
  permissions: [["query-funds"]],
  intent: "read",
  input: { rebase_multiplier },
  shape: (result, { asset }) => {
    const { asset_details, limits_monitor } = Object(result)
    const assets = Rows.keyed(Object(asset_details), "asset")
    return {
      has_credit_line: result !== null,
      assets: assets.map((row) => Rows.compact({ ...row, asset: asset(String(row["asset"])) })),
      ...(limits_monitor && { limits: Rows.compact(limits_monitor) })
    }
  },
  output: Schema.Struct({ has_credit_line: Schema.Boolean, assets: Schema.Array(CreditRow), limits: optional(Limits) })
})

const words = optional(Schema.String)

export const listWalletAccounts = Tool.endpoint("list_wallet_accounts", {
  title: "Wallet accounts",
  description: "Wallets below the account, with type (main, spot, pay, prop_…) and status.",
  endpoint: "private/ListWalletAccounts",
  permissions: [["query-funds"]],
  intent: "read",
  input: { cursor: optional(text("next_cursor of the last answer")) },
  shape: (result) => {
    const { accounts, cursor } = result as { readonly accounts: Array<Rows.Row>; readonly cursor?: Rows.Row | null }
    const rows = accounts.map(({ flags, ...row }) => Rows.compact({ ...Object(flags), ...row }))
    return Rows.compact({ accounts: rows, next_cursor: cursor?.["next"] })
  },
  output: Schema.Struct({
    accounts: Schema.Array(
      Schema.Struct({
        account_id: Schema.String,
        name: words,
        type: words,
        status: words,
        active: optional(Schema.Boolean),
        user_defined: optional(Schema.Boolean)
      })
    ),
    next_cursor: words
  })
})

export const getApiKeyInfo = Tool.make("get_api_key_info", {
  title: "API key",
  description:
    "What the API key of this server may do, asked of Kraken now: permissions, expiry, addresses and history it is limited to. Call it when a call is refused.",
  endpoint: "private/GetApiKeyInfo",
  permissions: [[]],
  intent: "read",
  input: {},
  output: Schema.Struct({
    name: Schema.String,
    key: optional(Schema.String.annotations({ description: "Its beginning only" })),
    permissions: Schema.Array(Schema.Struct({ permission: Schema.String, means: Schema.String })),
    nonce_window: Amount,
    valid_until: optional(Seconds),
    query_from: optional(Seconds),
    query_to: optional(Seconds),
    ip_allowlist: Schema.Array(Schema.String).annotations({ description: "Empty: any address" }),
    last_used: optional(Seconds),
    notes: Schema.Array(Schema.String)
  }),
  handler: Effect.fn(function* () {
    const kraken = yield* KrakenClient
    const cache = yield* PermissionCache
    const answer = yield* kraken.read("private/GetApiKeyInfo", {})
    yield* cache.learn(answer)
    const key = Option.getOrUndefined(readKeyInfo(answer))
    if (key === undefined)
      return yield* Tool.unreadable("private/GetApiKeyInfo", false, "no permissions or nonce window")
    const { apiKey, api_key = apiKey, lastUsed, last_used = lastUsed } = Object(answer)
    return {
      name: key.name,
      ...(typeof api_key === "string" && { key: `${api_key.slice(0, 6)}…` }),
      permissions: [...key.permissions].map((permission) => ({ permission, means: meaning(permission) })),
      nonce_window: String(key.nonceWindow),
      ...limit("valid_until", key.validUntil),
      ...limit("query_from", key.queryFrom),
      ...limit("query_to", key.queryTo),
      ip_allowlist: key.ipAllowlist,
      ...limit("last_used", Number(last_used ?? 0)),
      notes: [...limitsOf(key, yield* kraken.now), ...advice(key)]
    }
  })
})

const limit = (field: string, seconds: number) => (seconds > 0 ? { [field]: seconds } : {})

const advice = ({ ipAllowlist, permissions }: KeyInfo): ReadonlyArray<string> =>
  ipAllowlist.length === 0 && ["modify-trades", "withdraw-funds"].some((permission) => permissions.has(permission))
    ? ["The key may trade or withdraw and is not limited to any address: an allow list would make it safer."]
    : []

const available = (row: Rows.Row): string => {
  const amount = (field: string) => D.decimal(String(row[field] ?? "0"))
  const gross = D.subtract(D.sum(amount("balance"), amount("credit")), amount("credit_used"))
  return D.format(D.subtract(gross, amount("hold_trade")))
}

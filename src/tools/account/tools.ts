import { Effect, Schema } from "effect"
import { ledgerTypes } from "../../domain/endpoints/account.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import * as Output from "./output.ts"
import { withoutOff } from "../kit/arguments.ts"
import { Amount, optionalAmount, optionalBoolean, optionalText } from "../kit/answerFields.ts"
import * as Detail from "../kit/detail.ts"
import { AssetClass, NamedAssetClass, Rebase, boolean, ids, optional, withDefault } from "../kit/fields.ts"
import { AssetName, PairNames, PastAssetNames } from "../kit/nameFields.ts"
import { end, start } from "../kit/timeFields.ts"
import { listedAs, unlisted } from "../kit/jsonSchema.ts"
import { LookedUp } from "../kit/lookUp.ts"
import * as Key from "./apiKeyOutput.ts"
import * as Rows from "../kit/rows.ts"
import { unreadable } from "../kit/defects.ts"
import { aliases, cursor, offsetPaging, offsetParams, pageFromKraken, paged } from "../kit/paging.ts"
import * as Tool from "../kit/tool.ts"

const names = { asset: Schema.String, id: optionalText }
const rebase_multiplier = optional(Rebase)

const balanceForm = { amounts: ["balance", "hold_trade", "credit", "credit_used", "available"], rest: ["id"] } as const

export const getAccountBalance = Tool.endpoint("get_account_balance", {
  title: "Account balance",
  description:
    "Balance of each asset, open orders included: get_extended_balance has what is available. Suffixes: .S staked, .M rewards, .B yield-bearing, .T tokenised.",
  endpoint: "private/Balance",
  input: { rebase_multiplier, detail: Detail.unlistedDetail },
  live: () => true,
  shape: (result, { asset, input }) => ({
    balances: Detail.rows(
      Object.entries(result).map(([id, balance]) => ({ asset: asset(id), id, balance })),
      balanceForm,
      input
    )
  }),
  output: Schema.Struct({ balances: Schema.Array(Schema.Struct({ ...names, balance: Amount })) })
})

export const getExtendedBalance = Tool.endpoint("get_extended_balance", {
  title: "Balance and available amount",
  description:
    "Balance of each asset, the part held by open orders, credit, and what is available: balance + credit - credit_used - hold_trade.",
  endpoint: "private/BalanceEx",
  instead: "get_account_balance",
  input: { rebase_multiplier, detail: Detail.unlistedDetail },
  live: () => true,
  shape: (result, { asset, input }) => ({
    balances: Detail.rows(
      Output.byAsset(result, asset).map((row) => ({ ...row, ...Output.available(row) })),
      balanceForm,
      input
    )
  }),
  output: Schema.Struct({
    balances: Schema.Array(
      Schema.Struct({
        ...names,
        balance: Amount,
        hold_trade: optionalAmount,
        credit: optionalAmount,
        credit_used: optionalAmount,
        available: optionalAmount
      })
    )
  })
})

export const getTradeBalance = Tool.endpoint("get_trade_balance", {
  title: "Margin summary",
  description:
    "Margin of the account, valued in one asset: equity, free margin, margin_level in percent (absent without positions).",
  endpoint: "private/TradeBalance",
  input: {
    asset: withDefault(AssetName.annotations({ description: "Asset to value in" }), "ZUSD"),
    rebase_multiplier
  },
  shape: (result, { asset, input }) => ({ asset: asset(input.asset), ...Output.tradeBalance(result) }),
  output: Output.TradeBalance
})

export const getTradeVolume = Tool.endpoint("get_trade_volume", {
  title: "Your fees and volume",
  description: "30-day volume and, for named pairs, taker and maker fees in percent, with the next tier.",
  endpoint: "private/TradeVolume",
  input: {
    pair: optional(PairNames),
    fee_schedule: optional(boolean("Add every tier")),
    asset_class: optional(NamedAssetClass),
    rebase_multiplier,
    detail: Detail.unlistedDetail
  },
  params: ({ asset_class, ...input }) => ({
    ...withoutOff(input, "fee_schedule"),
    ...(asset_class === "tokenized_asset" && { pair: Output.withClass(input["pair"], asset_class) })
  }),
  shape: (result, { asset, input, pair }) => Output.tradeVolume(result, pair, asset, input),
  output: Output.TradeVolume
})

export const getLedgers = Tool.endpoint("get_ledgers", {
  title: "Ledger",
  description:
    "Ledger entries (every change of a balance), newest first. Keep end the same for all pages. A trade makes two with its id as refid, one for each asset.",
  endpoint: "private/Ledgers",
  input: {
    asset: optional(PastAssetNames),
    aclass: optional(AssetClass),
    type: optional(
      listedAs(Schema.Literal(...ledgerTypes), {
        type: "string",
        description: "e.g. trade, deposit, withdrawal, staking"
      })
    ),
    start: optional(start),
    end: optional(end),
    without_count: optional(unlisted(Schema.Boolean)),
    rebase_multiplier,
    detail: Detail.detail,
    ...offsetPaging(50, 50)
  },
  aliases,
  params: (input) => withoutOff(offsetParams(input), "without_count"),
  shape: (result, { asset, input }) => {
    const { count, ledger } = result
    const { page, rows } = pageFromKraken(Output.entries(ledger, asset), input, count)
    if (Detail.isFull(input)) return { entries: rows, ...page }
    const table = Output.entryTable(rows)
    return { columns: table.columns, entries: table.rows, ...page }
  },
  output: Schema.Struct({ columns: Detail.columns, entries: Detail.tableOr(Output.Entry), ...paged })
})

export const queryLedgers = Tool.endpoint("query_ledgers", {
  title: "Ledger entries by id",
  description: "Ledger entries by id, as in get_ledgers.",
  endpoint: "private/QueryLedgers",
  input: {
    id: ids("ledger ids", 20),
    trades: optional(unlisted(Schema.Boolean)),
    rebase_multiplier,
    detail: Detail.unlistedDetail
  },
  params: (input) => withoutOff(input, "trades"),
  ids: () => ({ field: "id", elsewhere: "Look in get_ledgers" }),
  shape: (result, { asset, input }) => ({ entries: Output.entryRows(Output.entries(result, asset), input) }),
  output: Schema.Struct({ entries: Schema.Array(Output.Entry), ...LookedUp })
})

export const getCreditLines = Tool.endpoint("get_credit_lines", {
  title: "Credit lines",
  description: "Credit lines of VIP clients, by asset and in total.",
  endpoint: "private/CreditLines",
  input: { rebase_multiplier, detail: Detail.unlistedDetail },
  shape: (result, { asset, input }) => {
    const limits_monitor = result?.limits_monitor
    return {
      credit_line: result !== null,
      assets: Output.withoutIds(Output.byAsset(result?.asset_details ?? {}, asset), input),
      ...(limits_monitor !== undefined && { limits_monitor: Rows.compact(limits_monitor) })
    }
  },
  output: Output.CreditLines
})

export const getApiKeyInfo = Tool.make("get_api_key_info", {
  title: "API key",
  description:
    "Permissions of the API key, its expiry, allowed addresses and readable history. Call it first if a call is refused.",
  endpoint: "private/GetApiKeyInfo",
  input: {},
  handler: Effect.fn("Tool.get_api_key_info")(function* () {
    const kraken = yield* KrakenClient
    const answer = yield* kraken.read("private/GetApiKeyInfo", {})
    const cache = yield* PermissionCache
    yield* cache.store(answer)
    const output = Key.keyOutput(answer, yield* kraken.now)
    return yield* Effect.mapError(Schema.decodeUnknown(Key.KeyOutput)(output), () =>
      unreadable("private/GetApiKeyInfo", false, "not shown", "it is not an API key")
    )
  }),
  output: Key.KeyOutput
})

export const listWalletAccounts = Tool.endpoint("list_wallet_accounts", {
  title: "Wallet accounts",
  description: "Wallets of the account, with type and status.",
  endpoint: "private/ListWalletAccounts",
  input: { cursor },
  shape: ({ accounts, cursor }) => ({
    accounts: accounts.map(({ flags, ...row }) => Rows.compact({ ...flags, ...row })),
    ...Rows.compact({ next_cursor: cursor?.next })
  }),
  output: Schema.Struct({
    accounts: Schema.Array(
      Schema.Struct({
        account_id: Schema.String,
        name: optionalText,
        type: optionalText,
        status: optionalText,
        active: optionalBoolean,
        user_defined: optionalBoolean
      })
    ),
    next_cursor: optionalText
  })
})

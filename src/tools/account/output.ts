import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { Amount, optionalAmount, optionalBoolean, optionalText, Time } from "../kit/answerFields.ts"
import * as Detail from "../kit/detail.ts"
import { optional } from "../kit/fields.ts"
import { namingOnly, describedElsewhere } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"

type DisplayName = (id: string) => string

/** Leaves Kraken's own id out of the rows of a short answer: their pair or asset names them. */
export const withoutIds = <A extends object>(rows: ReadonlyArray<A>, input: Detail.Wanted) =>
  Detail.rows(rows, { rest: ["id"] }, input)

/** Lists rows that Kraken keys by asset. */
export const byAsset = <A extends object>(rows: { readonly [id: string]: A }, asset: DisplayName) =>
  Rows.keyed(rows, "id").map((row) => Rows.compact({ asset: asset(row.id), ...row }))

type Balance = Result<"private/BalanceEx">[string]

/** Computes balance + credit − credit_used − hold_trade exactly. Absent if one of them is not a number. */
export const available = ({ balance, credit = 0, credit_used = 0, hold_trade = 0 }: Balance) => {
  const [own, lent, used, held] = [balance, credit, credit_used, hold_trade].map((part) => D.parse(String(part)))
  return own && lent && used && held
    ? { available: D.format(D.subtract(D.subtract(D.sum(own, lent), used), held)) }
    : {}
}

/** The fields of every ledger entry. */
const entryNames = { id: Schema.String, time: Time, type: Schema.String, asset: Schema.String, amount: Amount }

/** An entry of the ledger. */
export const Entry = Schema.Struct({
  ...entryNames,
  refid: optionalText,
  subtype: optionalText,
  aclass: optionalText,
  asset_id: optionalText,
  fee: optionalAmount,
  balance: optionalAmount
}).annotations(namingOnly(entryNames))

const entryForm = {
  amounts: ["amount", "fee", "balance"],
  times: ["time"],
  rest: ["aclass", "asset_id"]
} as const

/** Makes the rows of entries. */
export const entryRows = (rows: ReturnType<typeof entries>, input: Detail.Wanted) => Detail.rows(rows, entryForm, input)

/** Makes the table of entries of a short answer. */
export const entryTable = (rows: ReturnType<typeof entries>) =>
  Detail.table(rows, ["time", "type", "subtype", "asset", "amount", "fee", "balance", "refid"], entryForm)

/** Lists ledger entries, newest first, since Kraken's object has no order. */
export const entries = (ledger: Result<"private/QueryLedgers">, asset: DisplayName) =>
  Rows.newestFirst(
    Rows.keyed(ledger, "id").map((row) => Rows.compact({ ...row, asset: asset(row.asset), asset_id: row.asset })),
    "time"
  )

export const TradeBalance = Schema.Struct({
  asset: Schema.String,
  equivalent_balance: Amount,
  trade_balance: optionalAmount,
  margin_used: optionalAmount,
  unrealized_profit: optionalAmount,
  cost_basis: optionalAmount,
  floating_value: optionalAmount,
  equity: optionalAmount,
  free_margin: optionalAmount,
  margin_level: optionalAmount,
  unexecuted_value: optionalAmount,
  free_margin_after_orders: optionalAmount
})

/** Names the amounts that Kraken names by letters. */
export const tradeBalance = ({ c, e, eb, m, mf, mfo, ml, n, tb, uv, v }: Result<"private/TradeBalance">) =>
  Rows.compact({
    equivalent_balance: eb,
    trade_balance: tb,
    margin_used: m,
    unrealized_profit: n,
    cost_basis: c,
    floating_value: v,
    equity: e,
    free_margin: mf,
    margin_level: ml,
    unexecuted_value: uv,
    free_margin_after_orders: mfo
  })

const feeFields = {
  fee: Amount,
  min_fee: optionalAmount,
  max_fee: optionalAmount,
  next_fee: optionalAmount,
  tier_volume: optionalAmount,
  next_volume: optionalAmount
}

/** The fees of a pair, in percent of a trade's cost. Volumes are the 30-day volumes of its tier. */
const Fee = Schema.Struct({
  ...feeFields,
  tier_futures_volume: optionalAmount,
  next_futures_volume: optionalAmount,
  volume_offset: optionalAmount
}).annotations(namingOnly(feeFields))

type Volume = Result<"private/TradeVolume">

/** Makes one row for each pair from Kraken's separate objects of taker and maker fees. */
const feeRows = ({ fees: taker = {}, fees_maker: maker = {} }: Volume, pair: DisplayName) =>
  [...new Set([...Object.keys(taker), ...Object.keys(maker)])].map((id) =>
    Rows.compact({ pair: pair(id), id, taker: feeOf(taker[id]), maker: feeOf(maker[id]) })
  )

const feeOf = (info: NonNullable<Volume["fees"]>[string] | undefined) =>
  info &&
  Rows.compact({
    fee: info.fee,
    min_fee: info.min_fee ?? info.minfee,
    max_fee: info.max_fee ?? info.maxfee,
    next_fee: info.next_fee ?? info.nextfee,
    tier_volume: info.tier_volume ?? info.tiervolume,
    next_volume: info.next_volume ?? info.nextvolume,
    tier_futures_volume: info.tier_futures_volume ?? info.tierfuturesvolume,
    next_futures_volume: info.next_futures_volume ?? info.nextfuturesvolume,
    volume_offset: info.volume_offset ?? info.volumeoffset
  })

const Tier = Schema.Struct({
  maker_fee: optionalAmount,
  taker_fee: optionalAmount,
  min_spot_volume: optionalAmount,
  min_futures_volume: optionalAmount,
  min_assets_on_platform: optionalAmount,
  active: optionalBoolean
})

export const TradeVolume = Schema.Struct({
  currency: Schema.String,
  volume: Amount,
  inputs: optional(Schema.Record({ key: Schema.String, value: Amount })),
  fees: Schema.Array(
    Schema.Struct({
      pair: Schema.String,
      id: optionalText,
      taker: optional(Fee),
      maker: optional(Fee.annotations(describedElsewhere))
    })
  ),
  schedules: optional(
    Schema.Array(
      Schema.Struct({
        pair: Schema.String,
        id: optionalText,
        class: optionalText,
        tiers: Schema.Array(Tier)
      }).annotations(describedElsewhere)
    )
  ),
  volume_subaccounts: optional(Schema.Array(Schema.Struct({ iiban: optionalText, volume: optionalAmount })))
})

export const tradeVolume = (result: Volume, pair: DisplayName, asset: DisplayName, input: Detail.Wanted) => {
  const { currency, inputs = {}, schedules = [], volume, volume_subaccounts } = result
  const known = Object.entries(inputs).flatMap(([name, input]) => (input === null ? [] : [[name, input] as const]))
  return {
    ...Rows.compact({
      currency: asset(currency),
      volume,
      volume_subaccounts,
      inputs: result.inputs && Object.fromEntries(known),
      schedules: withoutIds(
        schedules.map((row) => Rows.compact({ ...row, pair: pair(row.pair), id: row.pair })),
        input
      )
    }),
    fees: withoutIds(feeRows(result, pair), input)
  }
}

/** Adds the asset class to each name, as Kraken expects it for tokenised assets. */
export const withClass = (names: unknown, aclass: unknown) =>
  Array.isArray(names) ? names.map((asset: unknown) => ({ asset, aclass })) : names

export const CreditLines = Schema.Struct({
  credit_line: Schema.Boolean,
  assets: Schema.Array(
    Schema.Struct({
      asset: Schema.String,
      id: optionalText,
      balance: optionalAmount,
      credit_limit: optionalAmount,
      credit_used: optionalAmount,
      available_credit: optionalAmount,
      collateral_value: optionalAmount,
      hold_trade: optionalAmount
    })
  ),
  limits_monitor: optional(
    Schema.Struct({
      total_credit_usd: optionalAmount,
      total_credit_used_usd: optionalAmount,
      total_collateral_value_usd: optionalAmount,
      equity_usd: optionalAmount,
      ongoing_balance: optionalAmount,
      debt_to_equity: optionalAmount
    }).annotations(describedElsewhere)
  )
})

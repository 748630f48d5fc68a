import { Schema } from "effect"
import { defaultAccount, type KrakenAccountName } from "../../../../services/KrakenAccount.ts"

/** The extent of a panic. */
export const PanicOptions = Schema.Struct({
  /** All orders of the account, or those that the record has of this installation. */
  scope: Schema.Literal("all", "own"),
  /** Leaves stop-loss, take-profit and trailing orders. */
  keepStops: Schema.Boolean,
  withdrawals: Schema.Literal("list", "cancel"),
  /** The only Kraken account to empty. Absent: each. All are frozen in any case. */
  account: Schema.optionalWith(Schema.String, { exact: true })
})
export type PanicOptions = typeof PanicOptions.Type

/** A withdrawal that Kraken has not sent yet. */
const PendingWithdrawal = Schema.Struct({
  refid: Schema.String,
  asset: Schema.String,
  amount: Schema.String,
  status: Schema.String,
  isCanceled: Schema.Boolean
})
export type PendingWithdrawal = typeof PendingWithdrawal.Type

/** The end of a panic on one account. */
export const PanicReport = Schema.Struct({
  /** The account, as `panicName` calls one at Kraken, or the name of a simulated one. */
  account: Schema.String,
  /** True if no order of the scope was open in two readings, after the last write had ended. */
  isEmpty: Schema.Boolean,
  /** Orders of the scope that were open at the beginning. Absent if they could not be read then. */
  openBefore: Schema.optionalWith(Schema.Int, { exact: true }),
  /** Ids of orders of the scope that were open at the last reading. */
  stillOpen: Schema.Array(Schema.String),
  /** Ids of open orders outside the scope that stay. */
  kept: Schema.Array(Schema.String),
  /** The file with the open orders of the beginning. */
  list: Schema.optionalWith(Schema.String, { exact: true }),
  withdrawals: Schema.Array(PendingWithdrawal),
  /** The number of tokens for Kraken's WebSocket that the API key got lately. Absent if it is not known. */
  webSocketTokens: Schema.optionalWith(Schema.Int, { exact: true }),
  /** Sentences about things that could not be done. */
  problems: Schema.Array(Schema.String),
  /** Sentences that an operator should know. */
  notes: Schema.Array(Schema.String)
})
export type PanicReport = typeof PanicReport.Type

/** Tells whether a panic did all that it was asked to do. */
export const isDone = ({ isEmpty, problems }: PanicReport): boolean => isEmpty && problems.length === 0

/** Names a Kraken account in reports: `kraken`, or `kraken (desk)`. */
export const panicName = (account: KrakenAccountName): string =>
  account === defaultAccount ? "kraken" : `kraken (${account})`

/** Checks that a report is about a Kraken account, not about a simulated one. */
export const isAtKraken = (name: string): boolean => name === "kraken" || name.startsWith("kraken (")

import type { Endpoint } from "../wire/call.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { assetFilter } from "../wire/fundingParams.ts"
import { depositStatus, statusAt } from "../accounts/funding.ts"
import { seedOf, hex } from "../base/ids.ts"
import { integer, text, type Params } from "../wire/params.ts"
import { invalid } from "../base/refusal.ts"
import { amountText } from "../wire/show.ts"
import type { Deposit, Withdrawal } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"

export const DepositStatus: Endpoint = (exchange, { account, params }) =>
  statuses(exchange, account.deposits, params, 25, "deposit", (deposit) => showDeposit(exchange, deposit))

export const WithdrawStatus: Endpoint = (exchange, { account, params }) =>
  statuses(exchange, account.withdrawals, params, 500, "withdrawals", (withdrawal) =>
    showWithdrawal(exchange, withdrawal)
  )

/** Prints transfers, newest first: as a list, or with a cursor as an object of one page and the next cursor. */
const statuses = <A extends Deposit | Withdrawal>(
  exchange: Exchange,
  all: ReadonlyArray<A>,
  params: Params,
  usual: number,
  name: string,
  show: (entry: A) => unknown
) => {
  const isAsked = assetFilter(exchange, params)
  const method = text(params, "method")
  const [start, end] = [seconds(params, "start"), seconds(params, "end")]
  const limit = integer(params, "limit", [1, 1000]) ?? usual
  const found = all
    .filter(
      (each) =>
        isAsked(assetOf(exchange.catalogue, each.asset)) &&
        (method === undefined || each.method === method) &&
        (start === undefined || each.time > start) &&
        (end === undefined || each.time <= end)
    )
    .toReversed()
  const cursor = text(params, "cursor") ?? "false"
  if (isWord(cursor, "false")) return found.slice(0, limit).map(show)
  const first = isWord(cursor, "true")
  const last = first ? -1 : found.findIndex(({ refid }) => refid === cursor)
  if (!first && last === -1) throw invalid("cursor")
  const page = found.slice(last + 1, last + 1 + limit)
  const more = last + 1 + limit < found.length
  return { [name]: page.map(show), next_cursor: more ? page.at(-1)!.refid : null }
}

/** Compares a word in any case: clients in Python write `True` and `False`. */
const isWord = (value: string, word: "true" | "false"): boolean => value.toLowerCase() === word

const seconds = (params: Params, field: string): number | undefined => {
  const value = text(params, field)
  if (value === undefined) return undefined
  if (!/^\d{1,13}(\.\d{1,9})?$/.test(value)) throw invalid(field)
  return Number(value) * 1000
}

const showDeposit = (exchange: Exchange, deposit: Deposit) => ({
  method: deposit.method,
  aclass: assetOf(exchange.catalogue, deposit.asset).class,
  asset: deposit.asset,
  refid: deposit.refid,
  txid: deposit.txid,
  info: deposit.address,
  amount: amountText(exchange, deposit.asset, deposit.amount),
  fee: amountText(exchange, deposit.asset, 0n),
  time: Math.floor(deposit.time / 1000),
  status: depositStatus(deposit, exchange.now),
  ...(deposit.failedAt !== undefined && { "status-prop": "return" })
})

const showWithdrawal = (exchange: Exchange, withdrawal: Withdrawal) => {
  const status = statusAt(withdrawal.time, exchange.now)
  const { returned } = withdrawal
  const sent = returned === undefined && (status === "Settled" || status === "Success")
  return {
    method: withdrawal.method,
    network: withdrawal.network,
    aclass: assetOf(exchange.catalogue, withdrawal.asset).class,
    asset: withdrawal.asset,
    refid: withdrawal.refid,
    txid: sent ? hex(seedOf(withdrawal.refid), 0, 64) : null,
    info: withdrawal.address,
    amount: amountText(exchange, withdrawal.asset, withdrawal.amount),
    fee: amountText(exchange, withdrawal.asset, withdrawal.fee),
    time: Math.floor(withdrawal.time / 1000),
    status: returned === undefined ? status : "Failure",
    ...(returned !== undefined && { "status-prop": returned.why === "canceled" ? "canceled" : "return" }),
    key: withdrawal.key
  }
}

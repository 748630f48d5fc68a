import type { Endpoint } from "../wire/Call.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { askedAssets } from "../wire/fundingParams.ts"
import { depositStatus, statusAt } from "../accounts/funding.ts"
import { seedOf, hex } from "../base/ids.ts"
import { integer, text, type Params } from "../wire/params.ts"
import { invalid } from "../base/Refusal.ts"
import { amountText } from "../wire/show.ts"
import type { Deposit, Exchange, Withdrawal } from "../state/state.ts"

export const DepositStatus: Endpoint = (x, { account, params }) =>
  statuses(x, account.deposits, params, 25, "deposit", (deposit) => showDeposit(x, deposit))

export const WithdrawStatus: Endpoint = (x, { account, params }) =>
  statuses(x, account.withdrawals, params, 500, "withdrawals", (withdrawal) => showWithdrawal(x, withdrawal))

/** Prints transfers, newest first: as a list, or with a cursor as an object of one page and the next cursor. */
const statuses = <A extends Deposit | Withdrawal>(
  x: Exchange,
  all: ReadonlyArray<A>,
  params: Params,
  usual: number,
  name: string,
  show: (entry: A) => unknown
) => {
  const isAsked = askedAssets(x, params)
  const method = text(params, "method")
  const [start, end] = [seconds(params, "start"), seconds(params, "end")]
  const limit = integer(params, "limit", [1, 1000]) ?? usual
  const found = all
    .filter(
      (each) =>
        isAsked(assetOf(x.catalogue, each.asset)) &&
        (method === undefined || each.method === method) &&
        (start === undefined || each.time > start) &&
        (end === undefined || each.time <= end)
    )
    .toReversed()
  const cursor = text(params, "cursor") ?? "false"
  if (cursor === "false") return found.slice(0, limit).map(show)
  const last = cursor === "true" ? -1 : found.findIndex(({ refid }) => refid === cursor)
  if (cursor !== "true" && last === -1) throw invalid("cursor")
  const page = found.slice(last + 1, last + 1 + limit)
  const more = last + 1 + limit < found.length
  return { [name]: page.map(show), next_cursor: more ? page.at(-1)!.refid : null }
}

const seconds = (params: Params, field: string): number | undefined => {
  const value = text(params, field)
  if (value === undefined) return undefined
  if (!/^\d{1,13}(\.\d{1,9})?$/.test(value)) throw invalid(field)
  return Number(value) * 1000
}

const showDeposit = (x: Exchange, deposit: Deposit) => ({
  method: deposit.method,
  aclass: assetOf(x.catalogue, deposit.asset).class,
  asset: deposit.asset,
  refid: deposit.refid,
  txid: deposit.txid,
  info: deposit.address,
  amount: amountText(x, deposit.asset, deposit.amount),
  fee: amountText(x, deposit.asset, 0n),
  time: Math.floor(deposit.time / 1000),
  status: depositStatus(deposit, x.now),
  ...(deposit.failedAt !== undefined && { "status-prop": "return" })
})

const showWithdrawal = (x: Exchange, withdrawal: Withdrawal) => {
  const status = statusAt(withdrawal.time, x.now)
  const { returned } = withdrawal
  const sent = returned === undefined && (status === "Settled" || status === "Success")
  return {
    method: withdrawal.method,
    network: withdrawal.network,
    aclass: assetOf(x.catalogue, withdrawal.asset).class,
    asset: withdrawal.asset,
    refid: withdrawal.refid,
    txid: sent ? hex(seedOf(withdrawal.refid), 0, 64) : null,
    info: withdrawal.address,
    amount: amountText(x, withdrawal.asset, withdrawal.amount),
    fee: amountText(x, withdrawal.asset, withdrawal.fee),
    time: Math.floor(withdrawal.time / 1000),
    status: returned === undefined ? status : "Failure",
    ...(returned !== undefined && { "status-prop": returned.why === "canceled" ? "canceled" : "return" }),
    key: withdrawal.key
  }
}

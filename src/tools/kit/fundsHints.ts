import { Effect, Option } from "effect"
import type { Directory } from "../../domain/assets/model.ts"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { Names } from "../../services/Names.ts"
import { type ExtraReads, tryRead } from "./extraReads.ts"
import type { Hints } from "./refusals.ts"

/** Orders that a hint names at most. */
const maximumOrders = 5

type Balance = Result<"private/BalanceEx">[string]
type OpenOrder = Result<"private/OpenOrders">["open"][string]

/** Describes the free and the held amount of an asset, and the open orders that hold it. */
export const fundsHints = (spelling: string): Effect.Effect<Hints, never, ExtraReads> =>
  Effect.gen(function* () {
    const names = yield* Names
    const directory = yield* names.directory
    const asset = directory.assetDisplay(spelling)
    const balances = yield* tryRead("private/BalanceEx", {})
    if (Option.isNone(balances)) return []
    const row = Object.entries(balances.value).find(([id]) => directory.assetDisplay(id) === asset)?.[1]
    if (row === undefined) return [`The account has no ${asset}`]
    const held = numberOf(row.hold_trade)
    const orders = D.isZero(held) ? Option.none() : yield* tryRead("private/OpenOrders", {})
    const holders = Option.match(orders, {
      onNone: () => [],
      onSome: ({ open }) => Object.entries(open).filter(([, order]) => holds(order, asset, directory))
    })
    return [
      `Of ${asset}, ${D.format(freeOf(row))} is free: the balance is ${D.format(numberOf(row.balance))}, and open orders hold ${D.format(held)}`,
      ...(holders.length > 0 ? [`It is held by ${listed(holders.map(described(directory)))}`] : [])
    ]
  })

const numberOf = (amount: string | number | undefined): D.Decimal => D.parse(String(amount ?? 0)) ?? D.zero

/** Computes the amount that a new order can use. */
export const freeOf = ({ balance, credit, credit_used, hold_trade }: Balance): D.Decimal =>
  D.subtract(D.subtract(D.sum(numberOf(balance), numberOf(credit)), numberOf(credit_used)), numberOf(hold_trade))

/** Checks that an open spot order holds an asset: the base asset if it sells, the quote asset if it buys. */
const holds = ({ descr }: OpenOrder, asset: string, directory: Directory): boolean => {
  const pair = directory.findPair(descr.pair)
  if (pair === undefined || (descr.leverage !== undefined && String(descr.leverage) !== "none")) return false
  return directory.assetDisplay(descr.type === "sell" ? pair.base : pair.quote) === asset
}

const described =
  (directory: Directory) =>
  ([txid, { descr, vol, vol_exec }]: readonly [string, OpenOrder]): string => {
    const left = D.format(D.subtract(numberOf(vol), numberOf(vol_exec)))
    const price = numberOf(descr.price)
    const at = D.isZero(price) ? "" : ` at ${D.format(price)}`
    return `${txid} (${descr.type} ${left} ${directory.pairDisplay(descr.pair)}${at})`
  }

const listed = (names: ReadonlyArray<string>): string =>
  names.length > maximumOrders
    ? `${names.slice(0, maximumOrders).join(", ")} and ${names.length - maximumOrders} more`
    : names.join(", ")

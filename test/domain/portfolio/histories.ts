import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { historyOf, type LedgerRow, readEntries } from "../../../src/domain/portfolio/ledger.ts"
import type { Terms } from "../../../src/domain/portfolio/profit.ts"
import { directory } from "../../fixtures/krakenLists.ts"

/** Ids of Kraken's balances by the display name of their asset. */
export const wallets = { USD: "ZUSD", BTC: "XXBT", ETH: "XETH", SOL: "SOL" } as const
export type Coin = Exclude<keyof typeof wallets, "USD">

const base: Readonly<Record<string, bigint>> = { BTC: 50_000n, ETH: 3000n, SOL: 100n }

/** Prices that change every half a second. */
export const price = (asset: string, time: number): bigint => {
  const from = base[asset]
  return from === undefined ? 1n : from + BigInt((Math.floor(time * 2) * 37) % 91)
}

export const priceAt: Terms["priceAt"] = (asset, time) => D.make(price(asset, time), 0)

/** A step of a random account. Amounts are whole numbers of a ten-thousandth of a unit. */
export type Move =
  | {
      readonly do: "buy" | "sell"
      readonly coin: Coin
      readonly size: number
      readonly fee: number
      readonly inBase: boolean
    }
  | { readonly do: "swap"; readonly coin: Coin; readonly to: Coin; readonly size: number; readonly fee: number }
  | { readonly do: "deposit" | "withdraw" | "reward" | "stake" | "return"; readonly coin: Coin; readonly size: number }
  | { readonly do: "fund" | "rollover"; readonly size: number }

const coin = fc.constantFrom<Coin>("BTC", "ETH", "SOL")
const size = fc.integer({ min: 1, max: 40_000 })
const fee = fc.integer({ min: 0, max: 30 })

export const moves: fc.Arbitrary<ReadonlyArray<Move>> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom("buy" as const, "sell" as const), coin, size, fee, inBase: fc.boolean() }),
    fc.record({ do: fc.constant("swap" as const), coin, to: coin, size, fee }),
    fc.record({
      do: fc.constantFrom(
        "deposit" as const,
        "withdraw" as const,
        "reward" as const,
        "stake" as const,
        "return" as const
      ),
      coin,
      size
    }),
    fc.record({ do: fc.constantFrom("fund" as const, "rollover" as const), size })
  ),
  { minLength: 1, maxLength: 40 }
)

const text = (units: bigint) => D.format(D.make(units, 4))

/** Writes the ledger of an account that makes moves, one each second. Moves that it has no funds for are left out. */
export const ledgerOf = (all: ReadonlyArray<Move>) => {
  const balances = new Map<string, bigint>()
  const rows: Array<readonly [string, LedgerRow]> = []
  const free = (wallet: string) => balances.get(wallet) ?? 0n
  const post = (time: number, refid: string, type: string, wallet: string, amount: bigint, fee = 0n, subtype = "") => {
    balances.set(wallet, free(wallet) + amount - fee)
    const balance = text(free(wallet))
    rows.push([
      `L${rows.length}`,
      { refid, time, type, subtype, asset: wallet, amount: text(amount), fee: text(fee), balance }
    ])
  }
  post(1, "start", "deposit", "ZUSD", 3_000_000_000n)
  all.forEach((move, i) => {
    const [time, refid] = [i + 2, `R${i}`]
    const amount = BigInt(move.size)
    switch (move.do) {
      case "fund":
        return post(time, refid, "deposit", "ZUSD", amount)
      case "rollover":
        return post(time, refid, "rollover", "ZUSD", 0n, amount / 100n)
      case "deposit":
        return post(time, refid, "deposit", wallets[move.coin], amount)
      case "reward":
        return post(time, refid, "earn", `${wallets[move.coin]}.B`, amount, amount / 10n, "reward")
      case "stake": {
        if (free(wallets[move.coin]) < amount) return
        post(time, `${refid}a`, "transfer", wallets[move.coin], -amount, 0n, "spottostaking")
        return post(time, `${refid}b`, "transfer", `${wallets[move.coin]}.B`, amount, 0n, "stakingfromspot")
      }
      case "withdraw":
      case "return": {
        const cost = amount / 20n
        if (free(wallets[move.coin]) < amount + cost) return
        post(time, refid, "withdrawal", wallets[move.coin], -amount, cost)
        if (move.do === "return") post(time + 0.5, refid, "withdrawal", wallets[move.coin], amount, -cost)
        return
      }
      case "swap": {
        if (move.to === move.coin || free(wallets[move.coin]) < amount) return
        post(time, refid, "trade", wallets[move.coin], -amount)
        return post(time, refid, "trade", wallets[move.to], amount * 2n + 30n, BigInt(move.fee))
      }
      case "buy":
      case "sell": {
        const side = move.do === "buy" ? 1n : -1n
        const quote = -side * amount * price(move.coin, time)
        const paid = BigInt(move.fee)
        const [ofBase, ofQuote] = move.inBase ? [paid, 0n] : [0n, paid]
        const wallet = wallets[move.coin]
        if (free(wallet) + side * amount < ofBase || free("ZUSD") + quote < ofQuote) return
        post(time, refid, "trade", "ZUSD", quote, ofQuote)
        return post(time, refid, "trade", wallet, side * amount, ofBase)
      }
    }
  })
  return { rows, balances }
}

/** Reads such a ledger as the tools do. `skip` leaves out its oldest rows, as an unfinished reading does. */
export const historyFrom = ({ balances, rows }: ReturnType<typeof ledgerOf>, skip = 0) => {
  const kept = rows.slice(skip)
  const now = Object.fromEntries([...balances].map(([id, units]) => [id, D.make(units, 4)]))
  const from = skip === 0 ? undefined : Number(rows[skip - 1]?.[1].time)
  const later = kept.filter(([, row]) => from === undefined || Number(row.time) > from)
  return historyOf(readEntries(later.toReversed(), directory), now, from, directory)
}

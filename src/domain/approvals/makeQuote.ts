import type { Claim } from "../mandates/claim.ts"
import { everyone, withdrawBucket } from "../mandates/claim.ts"
import { type Book, readBook, touchOf } from "../orders/book.ts"
import type { LimitUsage } from "../mandates/room.ts"
import * as D from "../numbers/decimal.ts"
import type { Quote } from "./quote.ts"
import { amountsOf, valueOf } from "./tolerance.ts"

/** The facts from which a quote is made. What could not be read is undefined. */
export interface QuoteFacts {
  readonly sends: Quote["sends"]
  readonly changes?: Quote["changes"] | undefined
  readonly claim: Claim
  /** The order books of the pairs that are traded or by which the write was valued, by display name. */
  readonly books: ReadonlyMap<string, Book>
  /** Taker fees in percent, by the same names. */
  readonly feeRates: ReadonlyMap<string, string>
  /** The available balances, by display name. */
  readonly balances: { readonly [asset: string]: string } | undefined
  readonly limits: ReadonlyArray<LimitUsage> | undefined
  /** The fee and the address of a withdrawal. Absent for another write. */
  readonly withdrawal?: { readonly fee: Quote["fee"] | undefined; readonly address: string | undefined }
}

/** The most rows of each list. A batch has 15 orders at most. */
const mostRows = 40

/** Makes the quote that a person sees. */
export const makeQuote = (facts: QuoteFacts): Quote => {
  const { balances, books, changes, claim, feeRates, limits, sends, withdrawal } = facts
  const taken = [...amountsOf(claim)]
  const missing = [
    ...(balances === undefined ? ["the balances of the account"] : []),
    ...(limits === undefined ? ["the use of the limits"] : []),
    ...(withdrawal !== undefined && withdrawal.fee === undefined ? ["the fee of the withdrawal"] : []),
    ...(withdrawal !== undefined && withdrawal.address === undefined ? ["the address of the withdrawal"] : [])
  ]
  return {
    sends,
    ...(changes !== undefined && { changes }),
    prices: [...books].slice(0, mostRows).flatMap(([pair, book]) => pricesOf(pair, book)),
    worst: taken.slice(0, mostRows).map(([asset, amount]) => ({ asset, amount: D.format(amount) })),
    values: valuesOf(claim),
    feeRates: [...feeRates].slice(0, mostRows).map(([pair, percent]) => ({ pair, percent })),
    ...(withdrawal?.fee !== undefined && { fee: withdrawal.fee }),
    ...(withdrawal?.address !== undefined && { address: withdrawal.address.slice(0, longestAddress) }),
    balances:
      balances === undefined
        ? []
        : taken.slice(0, mostRows).map(([asset, amount]) => {
            const before = balances[asset] ?? "0"
            return { asset, before, after: D.format(D.subtract(D.decimal(before), amount)) }
          }),
    limits: (limits ?? []).slice(0, mostRows).flatMap((usage) => afterwards(claim, usage)),
    missing
  }
}

/** The most characters of an address. */
const longestAddress = 300

const pricesOf = (pair: string, book: Book): Quote["prices"] => {
  const levels = readBook(book)
  if (levels === undefined) return []
  const [ask, bid] = [touchOf(levels, "buy"), touchOf(levels, "sell")]
  return [{ pair, ...(bid !== undefined && { bid: D.format(bid) }), ...(ask !== undefined && { ask: D.format(ask) }) }]
}

/** The value of a claim in each currency. Limits of several scopes in one currency value it alike. */
const valuesOf = (claim: Claim): Quote["values"] => {
  const currencies = new Map<string, string>()
  for (const { bucket, scope } of claim.spends.flatMap(({ counts }) => counts)) {
    const value = valueOf(claim, scope, bucket)
    if (value !== undefined && !bucket.includes(":")) currencies.set(bucket, D.format(D.roundUp(value, 8)))
  }
  return [...currencies].map(([currency, amount]) => ({ currency, amount }))
}

/** A limit against which a claim counts, and what is left of it afterwards. */
const afterwards = (claim: Claim, { allowed, layer, left, limit, unit }: LimitUsage): Quote["limits"] => {
  const [name = ""] = limit.split("/")
  const bucket = name.startsWith("withdraw ") ? withdrawBucket(name.slice("withdraw ".length), unit) : unit
  const scope = layer === "server" ? everyone : claim.subject
  const value = scope === undefined ? undefined : valueOf(claim, scope, bucket)
  if (value === undefined) return []
  const after = D.subtract(D.decimal(left), D.roundUp(value, 8))
  return [{ layer, limit, unit, allowed, left, after: D.format(after) }]
}

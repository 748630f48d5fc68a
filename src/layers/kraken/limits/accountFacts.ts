import { type Cause, Duration, Effect, Option, type ParseResult, Schema } from "effect"
import type { Pair } from "../../../domain/assets/model.ts"
import { endpoints, type ReadEndpoint, type Params } from "../../../domain/endpoints/endpoints.ts"
import { availableBalances } from "../../../domain/mandates/balances.ts"
import type { Book } from "../../../domain/orders/book.ts"
import type { ReadError } from "../../../services/KrakenClient.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { Principal } from "../../../services/Principal.ts"
import type { BalanceReport } from "../../../services/Record.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { type CachedValue, makeCachedValue } from "../../caching/cachedValue.ts"
import type { LimitContext } from "./limitContext.ts"

/** The longest age of an order book by which a write is valued, in milliseconds. */
const bookAge = Duration.toMillis("3 seconds")

/** Levels of a book that are read on each side. */
const bookLevels = 100

/** The longest age of a fee, and the longest while Kraken does not answer, in milliseconds. */
const feeAge = Duration.toMillis("10 minutes")
const staleFeeAge = Duration.toMillis("1 day")

/** The most books and fees in memory. */
const capacity = 200

/** The pause after a failed look-up, in milliseconds. */
const pauseAfter = () => Effect.succeed(Duration.toMillis("1 second"))

/** The readings of an account and its markets. */
export type AccountFacts = ReturnType<typeof makeAccountFacts>

/** Makes the readings of the account and its markets by which writes are judged under limits. */
export const makeAccountFacts = ({ directory, kraken, record }: LimitContext) => {
  const read = <E extends ReadEndpoint>(endpoint: E, params: Params) =>
    Effect.flatMap(
      kraken.read(endpoint, params, { priority: "write" }),
      Schema.decodeUnknown(endpoints[endpoint].result)
    )

  const readBook = ({ altname, assetClass }: Pair) =>
    Effect.map(read("public/Depth", { pair: altname, count: bookLevels, ...classOf(assetClass) }), ({ rows }) => ({
      asks: rows.asks.map(levelOf),
      bids: rows.bids.map(levelOf)
    }))

  const readFees = ({ altname, assetClass }: Pair) =>
    Effect.map(read("private/TradeVolume", { pair: altname, ...classOf(assetClass) }), ({ fees }) =>
      Option.fromNullable(Object.values(fees ?? {})[0])
    )

  // The highest fee of all tiers: an order can rest until the account has fallen into another tier.
  const readHighestFee = (pair: Pair) =>
    Effect.flatMap(
      readFees(pair),
      Option.map((row) => String(row.maxfee ?? row.max_fee ?? row.fee))
    )

  const books = makeBoundedMap<string, Cached<Book>>(capacity)
  const fees = makeBoundedMap<string, Cached<string>>(capacity)

  const bookOf = (account: string, pair: Pair) =>
    books.getOrMake(`${account} ${pair.id}`, () =>
      makeCachedValue<Book, FactError, Principal>({ lookup: () => readBook(pair), pauseAfter, staleFor: bookAge })
    )

  const feeOf = (account: string, pair: Pair) =>
    fees.getOrMake(`${account} ${pair.id}`, () =>
      makeCachedValue({ lookup: () => readHighestFee(pair), pauseAfter, staleFor: staleFeeAge })
    )

  return {
    /** Reads the order book of a pair, at most three seconds old, best prices first. */
    book: (pair: Pair) => Effect.flatMap(Principal, ({ account }) => bookOf(account, pair).get(bookAge)),

    /** Reads the highest taker fee of a pair, in percent. Fails if Kraken does not show it. */
    takerFee: (pair: Pair) => Effect.flatMap(Principal, ({ account }) => feeOf(account, pair).get(feeAge)),

    /**
     * Reads order books, at most three seconds old, and the highest taker fees, in percent, by the display names of the pairs.
     * Those that can't be read are left out.
     */
    markets: Effect.fnUntraced(function* (wanted: WantedMarkets) {
      const { account } = yield* Principal
      const now = yield* monotonic
      const missing: Array<Effect.Effect<void, never, Principal>> = []
      const find = <A>(
        pairs: ReadonlyArray<Pair>,
        age: number,
        valueOf: (account: string, pair: Pair) => Cached<A>
      ) => {
        const found = new Map<string, A>()
        for (const pair of pairs) {
          const value = valueOf(account, pair)
          const known = value.peek(age, now)
          if (known !== undefined) found.set(pair.display, known)
          else missing.push(Effect.ignore(Effect.map(value.get(age), (read) => found.set(pair.display, read))))
        }
        return found
      }
      const found = { books: find(wanted.books, bookAge, bookOf), fees: find(wanted.fees, feeAge, feeOf) }
      // Nearly always all of them are known, and fibers cost more than a look into a cache.
      if (missing.length > 0) yield* Effect.all(missing, { concurrency: "unbounded", discard: true })
      return found
    }),

    /** Reads the taker fee of a pair in the present tier, in percent. Fails if Kraken does not show it. */
    presentFee: (pair: Pair) =>
      Effect.flatMap(
        readFees(pair),
        Option.map(({ fee }) => String(fee))
      ),

    /** Reads the order that an amendment names. None if Kraken does not list it. */
    amended: ({ cl_ord_id, txid }: OrderName) =>
      Effect.map(
        txid === undefined
          ? Effect.map(read("private/OpenOrders", { cl_ord_id }), ({ open }) => open)
          : Effect.catchTag(read("private/QueryOrders", { txid }), "KrakenOrderError", () => Effect.succeed({})),
        (rows) => Option.map(Option.fromNullable(Object.entries(rows)[0]), ([id, row]) => ({ txid: id, row }))
      ),

    /** Reads the strategy that an allocation names. Undefined if Kraken does not list it. */
    strategy: (id: string) =>
      Effect.map(read("private/Earn/Strategies", { limit: 500 }), ({ items }) => {
        const found = items.find((strategy) => strategy.id === id)
        const lock = found?.lock_type?.type
        return found && { asset: found.asset, ...(lock !== undefined && { lock }) }
      }),

    /** Reads the fee of a withdrawal, which is a part of its amount. */
    withdrawalFee: ({ amount, asset, key }: Params) =>
      Effect.map(read("private/WithdrawInfo", { asset, key, amount }), ({ fee }) => ({
        asset: String(asset),
        amount: String(fee)
      })),

    /** Reads the address that a withdrawal names by its key. None if Kraken does not list it. */
    withdrawalAddress: ({ asset, key }: Params) =>
      Effect.map(read("private/WithdrawAddresses", { asset, key }), (rows) =>
        Option.map(Option.fromNullable(rows.find((row) => row.key === key)), ({ address }) => address)
      ),

    /** Reads the balances that are available, by display name. */
    balances: Effect.gen(function* () {
      const asOf = yield* record.position
      const rows = yield* read("private/BalanceEx", {})
      return { asOf, available: availableBalances(rows, yield* directory) } satisfies BalanceReport
    })
  }
}

/** The name of an order: one of both. */
interface OrderName {
  readonly txid?: string
  readonly cl_ord_id?: string
}

/** The pairs whose order books are wanted, and those whose fees are. */
interface WantedMarkets {
  readonly books: ReadonlyArray<Pair>
  readonly fees: ReadonlyArray<Pair>
}

type FactError = ReadError | ParseResult.ParseError | Cause.NoSuchElementException

type Cached<A> = CachedValue<A, FactError, Principal>

const classOf = (assetClass: Pair["assetClass"]): Params =>
  assetClass === "tokenized_asset" ? { asset_class: assetClass } : {}

const levelOf = ([price, volume]: readonly unknown[]): readonly [string, string] => [String(price), String(volume)]

import { Effect } from "effect"
import type { Endpoint, Params } from "../../../domain/endpoints/endpoints.ts"
import type { OrderLedger } from "../../../domain/live/orderLedger.ts"
import { readBalancesAnswer, readFillsAnswer, readOpenOrdersAnswer } from "../../../domain/live/restAnswers.ts"
import type { Fill } from "../../../domain/live/values.ts"
import type { CallOptions, KrakenClient } from "../../../services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import type { Names } from "../../../services/Names.ts"

/** The overlap of two readings of fills, since clocks differ and answers can be late, in milliseconds. */
const overlap = 60_000

/**
 * Rows of one page of `TradesHistory`, and the pages that are read at most.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trade-history read 2026-08-17
 */
const page = { rows: 50, most: 20 }

/** Makes the reads of an account by REST. */
export const makeAccountReads = (
  kraken: typeof KrakenClient.Service,
  names: typeof Names.Service,
  options: CallOptions = {}
) => {
  const read = Effect.fnUntraced(function* <A>(
    endpoint: Endpoint,
    params: Params,
    decode: (answer: unknown) => A | undefined
  ) {
    const value = decode(yield* kraken.read(endpoint, params, options))
    return value ?? (yield* new KrakenUnavailable({ endpoint, reason: "an answer of an unknown form" }))
  })

  const orders = Effect.flatMap(names.directory, ({ pairDisplay }) =>
    read("private/OpenOrders", {}, (answer) => readOpenOrdersAnswer(answer, pairDisplay))
  )

  const balances = Effect.flatMap(names.directory, ({ assetOfBalance }) =>
    read("private/Balance", {}, (answer) => readBalancesAnswer(answer, assetOfBalance))
  )

  /** Reads the fills since a time in Unix milliseconds. */
  const fills = Effect.fnUntraced(function* (since: number) {
    const { pairDisplay } = yield* names.directory
    const found = new Map<string, Fill>()
    for (let n = 0; n < page.most; n++) {
      const params = { start: String(Math.floor(since / 1000)), ofs: n * page.rows }
      const rows = yield* read("private/TradesHistory", params, (answer) => readFillsAnswer(answer, pairDisplay))
      for (const fill of rows) found.set(fill.id, fill)
      if (rows.length < page.rows) break
    }
    return Array.from(found.values())
  })

  /** Compares a ledger with the open orders, and with the fills since a time. Returns what events did not tell. */
  const compare = Effect.fnUntraced(function* (ledger: OrderLedger, since: number) {
    const mark = ledger.mark()
    const open = yield* orders
    return ledger.reconcile(mark, open, yield* fills(since - overlap))
  })
  return { orders, balances, fills, compare }
}

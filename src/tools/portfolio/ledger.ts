import { Clock, Effect } from "effect"
import type { LedgerRow } from "../../domain/portfolio/ledger.ts"
import { report } from "../../services/CallContext.ts"
import { type KnownLedger, LedgerCache } from "../../services/LedgerCache.ts"
import { readAs } from "./reads.ts"

/**
 * Entries on a page.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ledgers read 2026-08-17
 */
const pageSize = 50

/** Bounds of a reading. Each page adds 2 to the REST counter of the key. */
export interface Bounds {
  readonly pages: number
  readonly seconds: number
}

/** The entries that were read, of currencies and tokenised assets, newest first. */
export interface ReadLedger {
  readonly rows: ReadonlyMap<string, LedgerRow>
  /** Unix seconds after which no entry is missing. Undefined if all entries were read. */
  readonly from: number | undefined
}

/**
 * Reads the ledger, newest entries first, until all are read or a bound is reached. Entries of earlier readings are not
 * read again. A rate limit ends the reading like a bound, unless nothing was read.
 */
export const readLedger = Effect.fn("Portfolio.readLedger")(function* (bounds: Bounds, hasTokenized: boolean) {
  const cache = yield* LedgerCache
  const started = yield* Clock.currentTimeMillis
  let pages = 0

  const read = Effect.fnUntraced(function* (known: KnownLedger | undefined, more: { readonly aclass?: string }) {
    let fresh = new Map<string, LedgerRow>()
    /** The entries so far, once they are connected with those that are known. */
    let joined: Map<string, LedgerRow> | undefined = known === undefined ? new Map() : undefined
    let whole = false
    let [offset, end, own] = [0, "", 0]
    while (!whole) {
      const passed = (yield* Clock.currentTimeMillis) - started
      if (own > 0 && (pages >= bounds.pages || passed > bounds.seconds * 1000)) break
      const page = yield* readAs("private/Ledgers", {
        ...more,
        ...(offset > 0 && { ofs: offset }),
        ...(end !== "" && { end })
      }).pipe(Effect.catchTag("KrakenRateLimitError", (error) => (pages > 0 ? Effect.succeed(undefined) : error)))
      if (page === undefined) break
      pages++
      own++
      const entries = Object.entries(page.ledger).toSorted(([, a], [, b]) => Number(b.time) - Number(a.time))
      const count = Number(page.count ?? Infinity)
      const isNew = ([id]: readonly [string, LedgerRow]) => known?.rows.has(id) !== true
      const target = joined ?? fresh
      for (const [id, row] of entries) target.set(id, row)
      // Later entries must not move the pages.
      if (end === "" && entries[0] !== undefined) end = String(entries[0][1].time)
      offset += entries.length
      whole = entries.length < pageSize || offset >= count
      if (joined === undefined && known !== undefined && !entries.every(isNew)) {
        joined = new Map([...fresh, ...known.rows])
        fresh = new Map()
        if (known.isWhole) whole = true
        else {
          // Goes on before the oldest known entry. Some on the first page can be known.
          const oldest = [...known.rows.values()].at(-1)
          ;[offset, end] = [0, String(oldest?.time ?? end)]
          whole = false
        }
      }
      if (!whole)
        yield* report({
          progress: pages,
          total: Number.isFinite(count) ? Math.max(pages + 1, Math.ceil(count / pageSize)) : bounds.pages,
          message: `Read ${(joined ?? fresh).size} ledger entries`
        })
    }
    return { rows: joined ?? fresh, isWhole: whole } satisfies KnownLedger
  })

  const before = yield* cache.get
  const ledger = yield* read(before, {})
  yield* cache.put(ledger)
  // Tokenised assets have a list of their own, which is short for most and not remembered.
  const tokenized = hasTokenized || isOneSided(ledger) ? yield* read(undefined, { aclass: "tokenized_asset" }) : none
  const parts = [ledger, tokenized].filter(({ isWhole }) => !isWhole)
  const from = parts.map(({ rows }) => Number([...rows.values()].at(-1)?.time ?? Infinity))
  return {
    rows: new Map([...ledger.rows, ...tokenized.rows]),
    from: from.length === 0 ? undefined : Math.max(...from)
  } satisfies ReadLedger
})

const none: KnownLedger = { rows: new Map(), isWhole: true }

/** Checks that an exchange has an entry for one of its sides only. The other side can be a tokenised asset. */
const isOneSided = ({ isWhole, rows }: KnownLedger): boolean => {
  const sides = new Map<string, number>()
  for (const { refid, type } of rows.values())
    if (refid !== undefined && (type === "trade" || type === "spend" || type === "receive"))
      sides.set(refid, (sides.get(refid) ?? 0) + 1)
  // The other side of the oldest entry might not have been read.
  const oldest = [...rows.values()].at(-1)?.refid
  return [...sides].some(([refid, count]) => count === 1 && (isWhole || refid !== oldest))
}

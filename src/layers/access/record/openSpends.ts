import { Schema } from "effect"
import { SpentOrder } from "../../../domain/mandates/claim.ts"
import type { OpenSpend } from "../../../domain/mandates/room.ts"
import { type Party, subjectOf } from "./party.ts"
import { countsOf } from "./projectSpending.ts"
import { makeReader } from "./readable.ts"
import { all, column, exists, filter, type Steps } from "../../storage/steps.ts"

/** Reads the order of a spend. */
export const readTerms = makeReader(Schema.decodeUnknownEither(Schema.parseJson(SpentOrder)))

/** Reads the open spends of a caller, or of all callers of its account, oldest first. */
export function* openSpendsOf(party: Party, scope: "own" | "everyone"): Steps<ReadonlyArray<OpenSpend>> {
  const rows = yield* all<OpenRow>(
    `SELECT s.seq, s.n, s.kind, s.at, s.asset, s.amount, s.gets, s.counts, s.terms, s.txid, s.parent_n, s.paid, s.got,
       s.open_orders, p.txid AS parent_txid, i.state
     FROM spends s JOIN intents i USING (seq) LEFT JOIN spends p ON s.parent_n = p.n AND s.seq = p.seq
     WHERE s.key = @key AND s.account = @account AND s.state = 'open' AND s.of_seq IS NULL
       AND (s.subject = @subject OR @subject IS NULL) ORDER BY s.seq, s.n`,
    {
      key: party.key,
      account: party.account,
      subject: scope === "everyone" ? null : (subjectOf(party) ?? "")
    }
  )
  return rows.map(({ counts, gets, open_orders, parent_n, parent_txid, state, terms, txid, ...row }) => ({
    ...row,
    counts: countsOf({ seq: row.seq, counts }),
    open: open_orders,
    ...(gets !== null && { gets }),
    ...(terms !== null && { order: readTerms(row.seq, terms) }),
    ...(parent_n !== null && { parent: parent_n }),
    ...(parent_txid !== null && { parentTxid: parent_txid }),
    ...(txid !== null && { txid }),
    isUndecided: state === "open" || state === "unknown"
  }))
}

/**
 * Selects the assets of which a caller with a mandate, or else all callers, might own more as soon as open orders are read
 * back: these can have bought some, or can have ended without taking what they reserved.
 */
export function* unsettledOf(party: Party, assets: ReadonlyArray<string>): Steps<ReadonlySet<string>> {
  const { account, key } = party
  const subject = subjectOf(party) ?? null
  const unsettled = yield* filter(assets, (asset) =>
    exists(
      `SELECT 1 FROM spends WHERE key = @key AND account = @account AND state = 'open' AND of_seq IS NULL
         AND (gets = @asset OR (asset = @asset AND reduces = 1)) AND (subject = @subject OR @subject IS NULL) LIMIT 1`,
      { key, account, asset, subject }
    )
  )
  return new Set(unsettled)
}

interface OpenRow extends Pick<OpenSpend, "amount" | "asset" | "at" | "got" | "kind" | "n" | "paid" | "seq"> {
  readonly gets: string | null
  readonly counts: string
  readonly terms: string | null
  readonly txid: string | null
  readonly parent_n: number | null
  readonly parent_txid: string | null
  readonly open_orders: number
  readonly state: string
}

/** Selects the ids, of Kraken or of ours, that belong to orders of a caller's mandate. Callers choose a `cl_ord_id`. */
export function* ownIds(
  party: Party,
  ids: ReadonlyArray<string>,
  field: "txid" | "cl_ord_id"
): Steps<ReadonlySet<string>> {
  const { account, key } = party
  const subject = subjectOf(party)
  if (subject === undefined) return new Set()
  const own = yield* filter(ids, (id) =>
    exists(
      `SELECT 1 FROM spends WHERE ${field} = @id AND key = @key AND account = @account AND subject = @subject LIMIT 1`,
      { id, key, account, subject }
    )
  )
  return new Set(own)
}

/** Selects the ids that Kraken gave to withdrawals of a caller's mandate. */
export function* ownWithdrawals(party: Party, refids: ReadonlyArray<string>): Steps<ReadonlySet<string>> {
  const { account, key } = party
  const subject = subjectOf(party)
  if (subject === undefined) return new Set()
  const own = yield* filter(refids, (id) =>
    exists(
      `SELECT 1 FROM made JOIN spends s USING (seq) JOIN intents i USING (seq)
       WHERE made.key = @key AND made.account = @account AND made.id = @id AND s.subject = @subject
         AND i.endpoint = 'private/Withdraw' LIMIT 1`,
      { id, key, account, subject }
    )
  )
  return new Set(own)
}

/**
 * Lists the pairs on which a caller's orders opened positions, or could have. They bring no coins in, unlike all others,
 * and take more than orders that reduce a position.
 */
export function* leveragedPairs(party: Party): Steps<ReadonlySet<string>> {
  const { account, key } = party
  const pairs = yield* column<string>(
    `SELECT DISTINCT json_extract(terms, '$.pair') FROM spends
     WHERE key = ? AND account = ? AND subject = ? AND kind = 'order' AND gets IS NULL AND reduces = 0`,
    key,
    account,
    subjectOf(party) ?? ""
  )
  return new Set(pairs)
}

/** Selects the ids (`cl_ord_id`) that spends of an account have. */
export function* usedClientIds({ account, key }: Party, ids: ReadonlyArray<string>): Steps<ReadonlySet<string>> {
  const used = yield* filter(ids, (id) =>
    exists("SELECT 1 FROM spends WHERE cl_ord_id = ? AND key = ? AND account = ? LIMIT 1", id, key, account)
  )
  return new Set(used)
}

import { Schema } from "effect"
import { Count, type Spend } from "../../../domain/mandates/claim.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Fills, Intent, Outcome, Prune } from "../../../domain/record/events.ts"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"
import type { Place } from "./place.ts"
import { gain, rekeyHoldings, replaceHoldings } from "./projectHoldings.ts"
import { makeReader } from "./readable.ts"
import { addUse, rekeyUses, removeUses, removeUsesOf, unitsOf, whileOpen } from "./uses.ts"
import { all, first, run, type Steps } from "../../storage/steps.ts"

/** A spend as it stands. */
interface Row {
  readonly seq: number
  readonly n: number
  readonly key: string
  readonly account: string
  readonly subject: string | null
  readonly kind: Spend["kind"]
  readonly state: "open" | "closed"
  readonly at: number
  readonly asset: string
  readonly amount: string
  readonly gets: string | null
  readonly counts: string
  readonly of_seq: number | null
  readonly of_n: number | null
  readonly parent_n: number | null
  readonly reduces: number
  readonly txid: string | null
  readonly terms: string | null
  readonly paid: string
  readonly got: string
}

const rowColumns =
  "seq, n, key, account, subject, kind, state, at, asset, amount, gets, counts, of_seq, of_n, parent_n, reduces, txid, terms, paid, got"

const readCounts = makeReader(Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(Count))))

/** Reads the limits that a spend counts against. */
export const countsOf = (row: Pick<Row, "counts" | "seq">) => readCounts(row.seq, row.counts)

/** Adds the spends of an intent. */
export function* reserve(place: Place, seq: number, intent: Intent): Steps<void> {
  const { account, claim, countedAt: at = intent.at, key } = intent
  if (claim === undefined) return
  const { subject } = claim
  for (const [n, spend] of claim.spends.entries()) yield* insert(place, { ...spend, seq, n, key, account, at, subject })
}

type Placed = Spend & Pick<Row, "account" | "at" | "key" | "n" | "seq"> & { readonly subject: string | undefined }

function* insert(place: Place, spend: Placed): Steps<void> {
  const { account, amount, asset, at, counts, gets, key, kind, n, order, parent, raises, seq, subject } = spend
  const isOrder = kind === "order" && parent === undefined && raises === undefined
  yield* run(
    `INSERT INTO ${place}spends (seq, n, key, account, subject, kind, state, at, asset, amount, gets, counts, terms,
       cl_ord_id, txid, of_seq, of_n, parent_n, reduces, open_orders, paid, got, closed_seq)
     VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, '0', '0', NULL)`,
    seq,
    n,
    key,
    account,
    subject ?? null,
    kind,
    at,
    asset,
    amount,
    gets ?? null,
    canonicalJson(counts),
    order === undefined ? null : canonicalJson(order),
    (isOrder ? order?.cl_ord_id : undefined) ?? null,
    raises?.intent ?? null,
    raises?.n ?? null,
    parent ?? null,
    onlyReduces(spend) ? 1 : 0,
    isOrder ? 1 : 0
  )
  for (const count of counts) {
    const units = yield* addedUnits(place, spend, count)
    yield* addUse(place, spend, 0, { ...count, key, account, at: whileOpen, units })
  }
}

/**
 * Computes the units that a spend adds to what counts against a limit. An amendment can raise the rate of its order as well,
 * which then holds for all of it.
 */
export function* addedUnits(
  place: Place,
  { amount, raises }: Pick<Spend, "amount" | "raises">,
  count: Count
): Steps<bigint> {
  const order = raises === undefined ? undefined : yield* rowAt(place, raises.intent, raises.n)
  if (order === undefined) return unitsOf(amount, count.rate)
  const before = countsOf(order).find(({ bucket, scope }) => bucket === count.bucket && scope === count.scope)
  const rate = D.max(D.decimal(count.rate), D.decimal(before?.rate ?? count.rate))
  const raised = unitsOf(D.format(D.sum(D.decimal(order.amount), D.decimal(amount))), D.format(rate))
  const counted = before === undefined ? 0n : unitsOf(order.amount, before.rate)
  return raised > counted ? raised - counted : 0n
}

/** Orders that fills of another one make reduce if they count against nothing: they sell what that one bought. */
const onlyReduces = ({ counts, order, parent }: Spend): boolean =>
  order === undefined ? parent !== undefined && counts.length === 0 : order.reduces

/** Replaces the uses of a spend. */
function* use(
  place: Place,
  row: Pick<Row, "account" | "key" | "n" | "seq">,
  counts: ReadonlyArray<Count>,
  parts: ReadonlyArray<{ readonly at: number; readonly amount: string }>
): Steps<void> {
  const { account, key } = row
  yield* removeUses(place, row)
  for (const { bucket, rate, scope } of counts)
    for (const [part, { amount, at }] of parts.entries())
      yield* addUse(place, row, part, { scope, key, account, bucket, at, units: unitsOf(amount, rate) })
}

function* rowsOf(place: Place, seq: number): Steps<ReadonlyArray<Row>> {
  return yield* all<Row>(`SELECT ${rowColumns} FROM ${place}spends WHERE seq = ? ORDER BY n`, seq)
}

function* rowAt(place: Place, seq: number, n: number): Steps<Row | undefined> {
  return yield* first<Row>(`SELECT ${rowColumns} FROM ${place}spends WHERE seq = ? AND n = ?`, seq, n)
}

function* remove(place: Place, { n, seq }: Pick<Row, "n" | "seq">): Steps<void> {
  yield* removeUses(place, { seq, n })
  yield* run(`DELETE FROM ${place}spends WHERE seq = ? AND n = ?`, seq, n)
}

/** Updates the spends of an intent by its outcome. */
export function* decideSpends(place: Place, seq: number, { ids, intent, outcome, result }: Outcome): Steps<void> {
  for (const row of yield* rowsOf(place, intent)) {
    if (row.state !== "open") continue
    if (outcome === "did-not-happen" || (outcome === "happened" && isRefusedRow(row, result)))
      yield* giveBack(place, row)
    else if (row.kind !== "order") yield* decideTransfer(place, seq, row, outcome)
    else if (row.of_seq !== null) yield* raise(place, row, outcome)
    else if (outcome === "happened" && row.parent_n === null) yield* name(place, row, idOf(row, result, ids))
  }
}

/** The operator's decision. An order that happened stays open until it is read back. */
export function* resolveSpends(place: Place, seq: number, intent: number, happened: boolean): Steps<void> {
  for (const row of yield* rowsOf(place, intent)) {
    if (row.state !== "open") continue
    if (!happened) yield* giveBack(place, row)
    else if (row.kind !== "order") yield* decideTransfer(place, seq, row, "happened")
    else if (row.of_seq !== null) yield* raise(place, row, "happened")
  }
}

/** Removes a spend that did not happen. An order that was read back did happen, whatever was decided, and stays. */
function* giveBack(place: Place, row: Row): Steps<void> {
  const order = row.parent_n === null ? row : yield* rowAt(place, row.seq, row.parent_n)
  const wasRead = (order !== undefined && order.txid !== null) || row.paid !== "0" || row.got !== "0"
  if (row.kind !== "order" || !wasRead) yield* remove(place, row)
}

/** Tells whether the engine refused an order of a batch, whose row in the result then has an error. */
const isRefusedRow = ({ kind, n, parent_n }: Row, result: unknown): boolean => {
  const row = kind === "order" ? Object(Object(result).orders)[parent_n ?? n] : undefined
  return Object(row).error !== undefined && Object(row).error !== null
}

const idOf = ({ n }: Row, result: unknown, ids: ReadonlyArray<string>): string | undefined => {
  const rows = Object(result).orders
  return Array.isArray(rows) ? (Object(rows[n]).txid ?? undefined) : ids[n]
}

function* name(place: Place, { n, seq }: Row, txid: string | undefined): Steps<void> {
  if (txid !== undefined) yield* run(`UPDATE ${place}spends SET txid = ? WHERE seq = ? AND n = ?`, txid, seq, n)
}

/** A transfer counts by the time at which it was sent. While it is unknown, its amount stays taken. */
function* decideTransfer(
  place: Place,
  seq: number,
  row: Row,
  outcome: "happened" | "unknown" | "did-not-happen"
): Steps<void> {
  yield* use(place, row, countsOf(row), [{ at: row.at, amount: row.amount }])
  if (outcome !== "happened") return
  const paid = row.kind === "earn" ? "0" : row.amount
  yield* run(
    `UPDATE ${place}spends SET state = 'closed', paid = ?, closed_seq = ? WHERE seq = ? AND n = ?`,
    paid,
    seq,
    row.seq,
    row.n
  )
  yield* gain(place, row, { asset: row.asset, amount: D.negate(D.decimal(paid)) })
}

/**
 * An amendment that happened raises the bound of its order. One that is unknown keeps what it reserved for as long as its
 * order is open.
 */
function* raise(place: Place, row: Row, outcome: Outcome["outcome"]): Steps<void> {
  const order = row.of_seq === null || row.of_n === null ? undefined : yield* rowAt(place, row.of_seq, row.of_n)
  const isOpen = order?.state === "open"
  if (outcome !== "happened" && isOpen) return
  yield* remove(place, row)
  if (order === undefined || !isOpen) return
  const amount = D.format(D.sum(D.decimal(order.amount), D.decimal(row.amount)))
  const counts = higherCounts(countsOf(order), countsOf(row))
  yield* run(
    `UPDATE ${place}spends SET amount = ?, counts = ?, terms = coalesce(?, terms), reduces = CASE WHEN reduces = 0 THEN 0 ELSE ? END
     WHERE seq = ? AND n = ?`,
    amount,
    canonicalJson(counts),
    row.terms,
    row.reduces,
    order.seq,
    order.n
  )
  yield* use(place, order, counts, [{ at: whileOpen, amount }])
}

/** The limits of an order and of its amendment, each with the higher rate. */
const higherCounts = (order: ReadonlyArray<Count>, amendment: ReadonlyArray<Count>): ReadonlyArray<Count> => {
  const same = (one: Count) => (other: Count) => one.scope === other.scope && one.bucket === other.bucket
  return [
    ...order.map((count) => {
      const rate = amendment.find(same(count))?.rate ?? count.rate
      return D.greaterThan(D.decimal(rate), D.decimal(count.rate)) ? { ...count, rate } : count
    }),
    ...amendment.filter((count) => !order.some(same(count)))
  ]
}

/**
 * Updates spends whose orders were read back. A closed one gives back what it did not take. A reading that shows less than
 * an earlier one is older, and changes nothing.
 */
export function* fill(place: Place, seq: number, { orders }: Fills): Steps<void> {
  for (const { closed, got, intent, n, open, paid, txid } of orders) {
    const row = yield* rowAt(place, intent, n)
    if (row === undefined || row.state !== "open" || row.kind !== "order" || row.of_seq !== null) continue
    const left = paid.reduce((sum, { amount }) => D.sum(sum, D.decimal(amount)), D.zero)
    const [paidMore, gotMore] = [D.subtract(left, D.decimal(row.paid)), D.subtract(D.decimal(got), D.decimal(row.got))]
    if (D.isNegative(paidMore) || D.isNegative(gotMore)) continue
    yield* gain(place, row, { asset: row.asset, amount: D.negate(paidMore) })
    if (row.gets !== null) yield* gain(place, row, { asset: row.gets, amount: gotMore })
    yield* run(
      `UPDATE ${place}spends SET state = ?, txid = coalesce(?, txid), open_orders = ?, paid = ?, got = ?, closed_seq = ?
       WHERE seq = ? AND n = ?`,
      closed ? "closed" : "open",
      txid ?? null,
      closed ? 0 : open,
      D.format(left),
      D.format(D.decimal(got)),
      closed ? seq : null,
      intent,
      n
    )
    if (!closed) continue
    yield* use(place, row, countsOf(row), paid)
    const raising = `SELECT ${rowColumns} FROM ${place}spends WHERE of_seq = ? AND of_n = ?`
    for (const raised of yield* all<Row>(raising, intent, n)) yield* remove(place, raised)
  }
}

/** Removes the spends of pruned intents, and keeps their sums. */
export function* pruneSpends(place: Place, seq: number, { carried, through }: Prune): Steps<void> {
  yield* removeUsesOf(place, prunable(place), through)
  yield* run(`DELETE FROM ${place}spends WHERE seq IN (${prunable(place)})`, { through })
  for (const [part, { units, ...bucket }] of (carried?.uses ?? []).entries())
    yield* addUse(place, { seq, n: 0 }, part, { ...bucket, at: 0, units: BigInt(units) })
  // The table in the file has these amounts already. One that is rebuilt never saw the rows of removed spends.
  if (place !== "main." && carried !== undefined) yield* replaceHoldings(place, carried.holdings)
}

/**
 * The intents that can be pruned up to the row `@through`: closed ones, all of whose spends were closed by then. An order
 * that was filled later still counts in the windows of that time.
 */
export const prunable = (place: Place): string =>
  `SELECT seq FROM ${place}intents WHERE outcome_seq <= @through AND state IN ('happened', 'did-not-happen', 'refused')
     AND seq NOT IN (SELECT seq FROM ${place}spends WHERE state = 'open' OR closed_seq > @through)`

/** Moves what was spent under one key to another one. */
export function* rekeySpends(place: Place, from: string, to: string): Steps<void> {
  yield* run(`UPDATE ${place}spends SET key = ? WHERE key = ?`, to, from)
  yield* rekeyUses(place, from, to)
  yield* rekeyHoldings(place, from, to)
}

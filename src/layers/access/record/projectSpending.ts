import type { Database } from "better-sqlite3"
import { Schema } from "effect"
import { Count, everyone, type Spend } from "../../../domain/mandates/claim.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Fills, Freeze, Halt, Intent, MandateChange, Outcome, Prune } from "../../../domain/record/events.ts"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"
import type { Place } from "./place.ts"
import { makeReader } from "./readable.ts"
import { statement } from "./statement.ts"
import { addUse, rekeyUses, removeUses, removeUsesOf, unitsOf, whileOpen } from "./uses.ts"

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
export const reserve = (db: Database, place: Place, seq: number, { account, at, claim, key }: Intent): void =>
  claim?.spends.forEach((spend, n) => insert(db, place, { ...spend, seq, n, key, account, at, subject: claim.subject }))

type Placed = Spend & Pick<Row, "account" | "at" | "key" | "n" | "seq"> & { readonly subject: string | undefined }

const insert = (db: Database, place: Place, spend: Placed): void => {
  const { account, amount, asset, at, counts, gets, key, kind, n, order, parent, raises, seq, subject } = spend
  const isOrder = kind === "order" && parent === undefined && raises === undefined
  statement(
    db,
    `INSERT INTO ${place}spends (seq, n, key, account, subject, kind, state, at, asset, amount, gets, counts, terms,
       cl_ord_id, txid, of_seq, of_n, parent_n, reduces, open_orders, paid, got, closed_seq)
     VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, '0', '0', NULL)`
  ).run(
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
  addUses(db, place, spend, counts, [{ at: whileOpen, amount }])
}

/** Orders that fills of another one make reduce if they count against nothing: they sell what that one bought. */
const onlyReduces = ({ counts, order, parent }: Spend): boolean =>
  order === undefined ? parent !== undefined && counts.length === 0 : order.reduces

/** Replaces the uses of a spend. */
const use = (
  db: Database,
  place: Place,
  row: Pick<Row, "account" | "key" | "n" | "seq">,
  counts: ReadonlyArray<Count>,
  parts: ReadonlyArray<{ readonly at: number; readonly amount: string }>
): void => {
  removeUses(db, place, row)
  addUses(db, place, row, counts, parts)
}

const addUses: typeof use = (db, place, row, counts, parts) => {
  const { account, key } = row
  for (const { bucket, rate, scope } of counts)
    parts.forEach(({ amount, at }, part) =>
      addUse(db, place, row, part, { scope, key, account, bucket, at, units: unitsOf(amount, rate) })
    )
}

const rowsOf = (db: Database, place: Place, seq: number): ReadonlyArray<Row> =>
  statement(db, `SELECT ${rowColumns} FROM ${place}spends WHERE seq = ? ORDER BY n`).all(seq) as ReadonlyArray<Row>

const rowAt = (db: Database, place: Place, seq: number, n: number): Row | undefined =>
  statement(db, `SELECT ${rowColumns} FROM ${place}spends WHERE seq = ? AND n = ?`).get(seq, n) as Row | undefined

const remove = (db: Database, place: Place, { n, seq }: Pick<Row, "n" | "seq">): void => {
  removeUses(db, place, { seq, n })
  statement(db, `DELETE FROM ${place}spends WHERE seq = ? AND n = ?`).run(seq, n)
}

/** An amount that came in, or left if it is negative. */
interface Gain {
  readonly asset: string
  readonly amount: D.Decimal
}

/**
 * Adds to what a caller has gained, and to what all callers have. A spend that does not only reduce takes what the account
 * holds, and so leaves what its scope bought: it could otherwise never be sold again without a limit.
 */
const gain = (
  db: Database,
  place: Place,
  { account, key, reduces, subject }: Pick<Row, "account" | "key" | "reduces" | "subject">,
  { amount, asset }: Gain
): void => {
  const owned = D.isNegative(amount) && reduces === 0 ? D.zero : amount
  for (const scope of subject === null ? [everyone] : [subject, everyone])
    gainOf(db, place, { scope, key, account, asset }, owned, amount)
}

interface Holding {
  readonly scope: string
  readonly key: string
  readonly account: string
  readonly asset: string
}

/** Removes a row that comes to zero. All callers together never own less than nothing: some own what was granted to them. */
const gainOf = (
  db: Database,
  place: Place,
  { account, asset, key, scope }: Holding,
  amount: D.Decimal,
  net: D.Decimal
): void => {
  if (D.isZero(amount) && D.isZero(net)) return
  const held = statement(
    db,
    `SELECT amount, net FROM ${place}holdings WHERE scope = ? AND key = ? AND account = ? AND asset = ?`
  ).get(scope, key, account, asset) as { readonly amount: string; readonly net: string } | undefined
  const sum = D.sum(D.decimal(held?.amount ?? "0"), amount)
  const owned = scope === everyone ? D.max(D.zero, sum) : sum
  const left = D.sum(D.decimal(held?.net ?? "0"), net)
  if (D.isZero(owned) && D.isZero(left))
    statement(db, `DELETE FROM ${place}holdings WHERE scope = ? AND key = ? AND account = ? AND asset = ?`).run(
      scope,
      key,
      account,
      asset
    )
  else
    statement(
      db,
      `INSERT INTO ${place}holdings (scope, key, account, asset, amount, net) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET amount = excluded.amount, net = excluded.net`
    ).run(scope, key, account, asset, D.format(owned), D.format(left))
}

/** Updates the spends of an intent by its outcome. */
export const decideSpends = (
  db: Database,
  place: Place,
  seq: number,
  { ids, intent, outcome, result }: Outcome
): void => {
  for (const row of rowsOf(db, place, intent)) {
    if (row.state !== "open") continue
    if (outcome === "did-not-happen" || (outcome === "happened" && isRefusedRow(row, result))) giveBack(db, place, row)
    else if (row.kind !== "order") decideTransfer(db, place, seq, row, outcome)
    else if (row.of_seq !== null) raise(db, place, row, outcome)
    else if (outcome === "happened" && row.parent_n === null) name(db, place, row, idOf(row, result, ids))
  }
}

/** The operator's decision. An order that happened stays open until it is read back. */
export const resolveSpends = (db: Database, place: Place, seq: number, intent: number, happened: boolean): void => {
  for (const row of rowsOf(db, place, intent)) {
    if (row.state !== "open") continue
    if (!happened) giveBack(db, place, row)
    else if (row.kind !== "order") decideTransfer(db, place, seq, row, "happened")
    else if (row.of_seq !== null) raise(db, place, row, "happened")
  }
}

/** Removes a spend that did not happen. An order that was read back did happen, whatever was decided, and stays. */
const giveBack = (db: Database, place: Place, row: Row): void => {
  const order = row.parent_n === null ? row : rowAt(db, place, row.seq, row.parent_n)
  const wasRead = (order !== undefined && order.txid !== null) || row.paid !== "0" || row.got !== "0"
  if (row.kind !== "order" || !wasRead) remove(db, place, row)
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

const name = (db: Database, place: Place, { n, seq }: Row, txid: string | undefined): void => {
  if (txid !== undefined) statement(db, `UPDATE ${place}spends SET txid = ? WHERE seq = ? AND n = ?`).run(txid, seq, n)
}

/** A transfer counts by the time at which it was sent. While it is unknown, its amount stays taken. */
const decideTransfer = (
  db: Database,
  place: Place,
  seq: number,
  row: Row,
  outcome: "happened" | "unknown" | "did-not-happen"
): void => {
  use(db, place, row, countsOf(row), [{ at: row.at, amount: row.amount }])
  if (outcome !== "happened") return
  const paid = row.kind === "earn" ? "0" : row.amount
  statement(db, `UPDATE ${place}spends SET state = 'closed', paid = ?, closed_seq = ? WHERE seq = ? AND n = ?`).run(
    paid,
    seq,
    row.seq,
    row.n
  )
  gain(db, place, row, { asset: row.asset, amount: D.negate(D.decimal(paid)) })
}

/**
 * An amendment that happened raises the bound of its order. One that is unknown keeps what it reserved for as long as its
 * order is open.
 */
const raise = (db: Database, place: Place, row: Row, outcome: Outcome["outcome"]): void => {
  const order = row.of_seq === null || row.of_n === null ? undefined : rowAt(db, place, row.of_seq, row.of_n)
  const isOpen = order?.state === "open"
  if (outcome !== "happened" && isOpen) return
  remove(db, place, row)
  if (order === undefined || !isOpen) return
  const amount = D.format(D.sum(D.decimal(order.amount), D.decimal(row.amount)))
  const counts = higherCounts(countsOf(order), countsOf(row))
  statement(
    db,
    `UPDATE ${place}spends SET amount = ?, counts = ?, terms = coalesce(?, terms), reduces = min(reduces, ?)
     WHERE seq = ? AND n = ?`
  ).run(amount, canonicalJson(counts), row.terms, row.reduces, order.seq, order.n)
  use(db, place, order, counts, [{ at: whileOpen, amount }])
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
export const fill = (db: Database, place: Place, seq: number, { orders }: Fills): void => {
  for (const { closed, got, intent, n, open, paid, txid } of orders) {
    const row = rowAt(db, place, intent, n)
    if (row === undefined || row.state !== "open" || row.kind !== "order" || row.of_seq !== null) continue
    const left = paid.reduce((sum, { amount }) => D.sum(sum, D.decimal(amount)), D.zero)
    const [paidMore, gotMore] = [D.subtract(left, D.decimal(row.paid)), D.subtract(D.decimal(got), D.decimal(row.got))]
    if (D.isNegative(paidMore) || D.isNegative(gotMore)) continue
    gain(db, place, row, { asset: row.asset, amount: D.negate(paidMore) })
    if (row.gets !== null) gain(db, place, row, { asset: row.gets, amount: gotMore })
    statement(
      db,
      `UPDATE ${place}spends SET state = ?, txid = coalesce(?, txid), open_orders = ?, paid = ?, got = ?, closed_seq = ?
       WHERE seq = ? AND n = ?`
    ).run(
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
    use(db, place, row, countsOf(row), paid)
    const raising = statement(db, `SELECT ${rowColumns} FROM ${place}spends WHERE of_seq = ? AND of_n = ?`)
    for (const raised of raising.all(intent, n) as ReadonlyArray<Row>) remove(db, place, raised)
  }
}

/** Removes the spends of pruned intents, and keeps their sums. */
export const pruneSpends = (db: Database, place: Place, seq: number, { carried, through }: Prune): void => {
  removeUsesOf(db, place, prunable(place), through)
  statement(db, `DELETE FROM ${place}spends WHERE seq IN (${prunable(place)})`).run({ through })
  carried?.uses.forEach(({ units, ...bucket }, part) =>
    addUse(db, place, { seq, n: 0 }, part, { ...bucket, at: 0, units: BigInt(units) })
  )
  // The table in the file has these amounts already. One that is rebuilt never saw the rows of removed spends.
  if (place === "main." || carried === undefined) return
  statement(db, `DELETE FROM ${place}holdings`).run()
  for (const { amount, net, ...holding } of carried.holdings)
    gainOf(db, place, holding, D.decimal(amount), D.decimal(net))
}

/**
 * The intents that can be pruned up to the row `@through`: closed ones, all of whose spends were closed by then. An order
 * that was filled later still counts in the windows of that time.
 */
export const prunable = (place: Place): string =>
  `SELECT seq FROM ${place}intents WHERE outcome_seq <= @through AND state IN ('happened', 'did-not-happen', 'refused')
     AND seq NOT IN (SELECT seq FROM ${place}spends WHERE state = 'open' OR closed_seq > @through)`

/** Moves what was spent under one key to another one. */
export const rekeySpends = (db: Database, place: Place, from: string, to: string): void => {
  statement(db, `UPDATE ${place}spends SET key = ? WHERE key = ?`).run(to, from)
  rekeyUses(db, place, from, to)
  const held = statement(db, `SELECT scope, key, account, asset, amount, net FROM ${place}holdings WHERE key = ?`).all(
    from
  ) as ReadonlyArray<Holding & { readonly amount: string; readonly net: string }>
  statement(db, `DELETE FROM ${place}holdings WHERE key = ?`).run(from)
  for (const { amount, net, ...holding } of held)
    gainOf(db, place, { ...holding, key: to }, D.decimal(amount), D.decimal(net))
}

/** Saves a mandate. */
export const changeMandate = (
  db: Database,
  place: Place,
  seq: number,
  { revision, subject, terms, token }: MandateChange
): void => {
  statement(
    db,
    `INSERT INTO ${place}mandates (subject, token, revision, terms, seq) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET token = excluded.token, revision = excluded.revision, terms = excluded.terms,
       seq = excluded.seq`
  ).run(subject, token, revision, terms === undefined ? null : canonicalJson(terms), seq)
}

/** Freezes or unfreezes a caller. */
export const freeze = (db: Database, place: Place, seq: number, event: Freeze): void => {
  const { actor, at, frozen, reason, subject } = event
  const [since, by, why] = frozen ? [at, actor.id, reason ?? null] : [null, null, null]
  statement(
    db,
    `INSERT INTO ${place}mandates (subject, token, revision, terms, seq, frozen_at, frozen_by, frozen_why)
     VALUES (?, NULL, 0, NULL, ?, ?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET seq = excluded.seq, frozen_at = excluded.frozen_at,
       frozen_by = excluded.frozen_by, frozen_why = excluded.frozen_why`
  ).run(subject, seq, since, by, why)
}

/** Stops all writes, or allows them again. */
export const halt = (db: Database, place: Place, seq: number, { actor, at, halted, reason }: Halt): void => {
  statement(
    db,
    `INSERT INTO ${place}halt (id, halted, at, by, why, seq) VALUES (1, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET halted = excluded.halted, at = excluded.at, by = excluded.by, why = excluded.why,
       seq = excluded.seq`
  ).run(halted ? 1 : 0, at, actor.id, reason ?? null, seq)
}

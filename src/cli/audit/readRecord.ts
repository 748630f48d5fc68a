import { Console, Effect, Option } from "effect"
import { appendFileSync, closeSync, openSync } from "node:fs"
import process from "node:process"
import type { Actor } from "../../domain/record/events.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import type { AccountsByKey } from "../../layers/access/record/accountsByKey.ts"
import { emptyHead, receiptOf, type Receipt } from "../../layers/access/record/chain.ts"
import {
  accountOfRow,
  listRows,
  rowAt,
  rowsAbout,
  rowsAfter,
  type State,
  type StoredRow
} from "../../layers/access/record/listing.ts"
import { type Finding, shorterThan } from "../../layers/access/record/verify.ts"
import { accountNames } from "../kit/accountNames.ts"
import { printJson } from "../kit/printJson.ts"
import { table } from "../kit/textTable.ts"
import { writeOut } from "../kit/writeOut.ts"
import { type From, isoOf, isThere, locate, openToRead, RecordRefusal, withState } from "./record.ts"

/** The effects of the audit commands that only read. */

export const list = Effect.fn("audit.list")(function* ({
  envFile,
  json,
  ...filter
}: {
  readonly limit: number
  readonly before: Option.Option<number>
  readonly caller: Option.Option<string>
  readonly state: Option.Option<State>
  readonly json: boolean
} & From) {
  const authority = yield* locate
  const names = yield* accountNames(envFile)
  const rows = isThere(authority) ? yield* (yield* openToRead(authority)).read(() => listRows(filter, names)) : []
  if (json) return yield* writeOut(`${printJson(rows.map(({ at, ...row }) => ({ ...row, at: isoOf(at) })))}\n`)
  if (rows.length === 0) return yield* Console.log(isThere(authority) ? "No such rows." : "Nothing is recorded yet.")
  const hasNames = rows.some(({ account }) => account !== undefined)
  const cells = rows.map(({ about, account, at, caller, endpoint, ids, name, seq, state }) => [
    String(seq),
    isoOf(at),
    ...(hasNames ? [account ?? "—"] : []),
    nameOf({ id: caller, ...(name !== undefined && { name }) }),
    endpoint ?? (about === undefined ? "—" : `of ${nameOf(about)}`),
    state,
    ids.join(" ")
  ])
  const head = ["Seq", "Time", ...(hasNames ? ["Account"] : []), "Caller", "Endpoint", "State", "Ids"]
  yield* writeOut(`${table(`Record (${escapeText(authority.name)})`, head, cells)}\n`)
}, withState)

const nameOf = ({ id, name }: Actor): string => (name === undefined ? id : `${id} (${name})`)

export const show = Effect.fn("audit.show")(function* ({
  envFile,
  json,
  seq
}: { readonly seq: number; readonly json: boolean } & From) {
  const authority = yield* locate
  const none = new RecordRefusal({ message: `The record ${authority.name} has no row ${seq}.` })
  if (!isThere(authority)) return yield* none
  const db = yield* openToRead(authority)
  const [row, about] = yield* db.read(function* () {
    return [yield* rowAt(seq), yield* rowsAbout(seq)] as const
  })
  if (Option.isNone(row)) return yield* none
  const names = yield* accountNames(envFile)
  const [first, ...later] = [row.value, ...about].map((row) => ({ ...shown(row), ...accountIn(row, names) }))
  if (json) return yield* writeOut(`${printJson({ ...first, later })}\n`)
  yield* writeOut([first, ...later].map((row) => `${printJson(row, 2)}\n`).join(""))
}, withState)

/** A row for people: its body as an object if it is one. */
const shown = ({ body, body_hash, hash, seq }: StoredRow) => ({
  seq,
  receipt: receiptOf({ seq, hash }),
  body_hash,
  hash,
  event: body === null ? "pruned" : Option.getOrElse(Option.liftThrowable(JSON.parse)(body), () => body)
})

/** The name of the Kraken account of a row, if it has one. It is no part of the chain. */
const accountIn = ({ body }: StoredRow, names: AccountsByKey): { readonly account?: string } => {
  const account = body === null || names.size === 0 ? undefined : accountOfRow(body, names)
  return account === undefined ? {} : { account }
}

export const exportRows = Effect.fn("audit.export")(function* ({
  envFile,
  file: to
}: { readonly file: Option.Option<string> } & From) {
  const authority = yield* locate
  if (!isThere(authority))
    return yield* new RecordRefusal({ message: `There is no record: ${authority.name} does not exist.` })
  const db = yield* openToRead(authority)
  const out = yield* Effect.acquireRelease(
    Effect.try({
      try: () => Option.map(to, (path) => openSync(path, "wx", 0o600)),
      catch: (error) =>
        new RecordRefusal({
          message: `${Option.getOrElse(to, () => "")} can't be written: ${String(Object(error).code)}`
        })
    }),
    (out) => Effect.sync(() => Option.map(out, closeSync))
  )
  const write = (text: string) =>
    Option.match(out, {
      onNone: () => writeOut(text),
      onSome: (out) =>
        Effect.try({
          try: () => appendFileSync(out, text),
          catch: (error) => new RecordRefusal({ message: `The file can't be written: ${String(Object(error).code)}` })
        })
    })
  const names = yield* accountNames(envFile)
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const from = after
    const rows = yield* db.read(() => rowsAfter(from))
    yield* write(rows.map((row) => `${printJson({ ...row, ...accountIn(row, names) })}\n`).join(""))
    const last = rows.at(-1)
    if (last === undefined || !Number.isSafeInteger(last.seq)) return
    after = last.seq
  }
}, withState)

/** The exit codes of `audit verify`; 1 is for a record that could not be checked. */
const verdicts = { intact: 0, altered: 3, shorter: 4 } as const

export const verifyRecord = Effect.fn("audit.verify")(function* ({
  json,
  receipts
}: { readonly receipts: ReadonlyArray<Receipt>; readonly json: boolean } & From) {
  const authority = yield* locate
  if (!isThere(authority) && receipts.length === 0)
    return yield* new RecordRefusal({ message: `There is no record: ${authority.name} does not exist.` })
  const { findings, head, rows } = isThere(authority)
    ? yield* authority.verify(receipts)
    : { rows: 0, head: emptyHead, findings: receipts.map((receipt) => shorterThan(receipt, emptyHead)) }
  const verdict = verdictOf(findings)
  yield* Effect.sync(() => {
    process.exitCode = verdicts[verdict]
  })
  if (json)
    return yield* writeOut(`${printJson({ file: authority.name, verdict, rows, head: receiptOf(head), findings })}\n`)
  const words = { intact: "is intact", altered: "was altered", shorter: "is shorter than a receipt" }
  yield* writeOut(
    [
      `The record ${escapeText(authority.name)} ${words[verdict]}: ${rows} ${rows === 1 ? "row" : "rows"}, head ${receiptOf(head)}.`,
      ...findings.map((finding) => `  ${escapeText(sentenceOf(finding))}`),
      ""
    ].join("\n")
  )
}, withState)

const verdictOf = (findings: ReadonlyArray<Finding>): keyof typeof verdicts => {
  const tags = new Set(findings.map(({ _tag }) => _tag))
  if (tags.has("Altered") || tags.has("ProjectionDiffers")) return "altered"
  return tags.has("ShorterThanReceipt") ? "shorter" : "intact"
}

const sentenceOf = (finding: Finding): string => {
  switch (finding._tag) {
    case "Altered":
      return finding.seq === 0 ? `File: ${finding.reason}` : `Row ${finding.seq}: ${finding.reason}`
    case "ProjectionDiffers":
      return `Row ${finding.seq}: the table ${finding.table} differs from what the rows add up to`
    case "ShorterThanReceipt":
      return `Receipt ${finding.receipt}: the record ends with ${finding.head}`
    case "ClockWentBack":
      return `Row ${finding.seq}: the clock of the machine went back by ${finding.seconds} s before it (no alteration)`
  }
}

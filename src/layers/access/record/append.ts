import type { Database } from "better-sqlite3"
import { Schema } from "effect"
import { type Event, Event as EventSchema } from "../../../domain/record/events.ts"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"
import { emptyHead, extend, type Head, hashBody } from "./chain.ts"
import { project } from "./project.ts"
import { statement } from "./statement.ts"

const encode = Schema.encodeSync(EventSchema)

/** The most characters of an explanation that are kept. */
const longestText = 2000

/** Adds an event and updates the projections. Runs inside a transaction. */
export const append = (db: Database, event: Event): Head => {
  const body = bodyOf(event)
  const bodyHash = hashBody(body)
  const head = extend(readHead(db), bodyHash)
  statement(db, "INSERT INTO events (seq, body, body_hash, hash) VALUES (?, ?, ?, ?)").run(
    head.seq,
    body,
    bodyHash,
    head.hash
  )
  statement(
    db,
    "INSERT INTO head (id, seq, hash) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash"
  ).run(head.seq, head.hash)
  project(db, "main.", head.seq, event)
  return head
}

/** Reads the end of the chain. */
export const readHead = (db: Database): Head =>
  (statement(db, "SELECT seq, hash FROM head").get() as Head | undefined) ?? emptyHead

/** Prints the body of an event's row. */
export const bodyOf = (event: Event): string => {
  const encoded = encode(event)
  return canonicalJson(
    asJson("reason" in encoded ? { ...encoded, reason: encoded.reason?.slice(0, longestText) } : encoded)
  )
}

/** Turns numbers that JSON cannot show into the text that a request would hold. */
export const asJson = (value: unknown): unknown => {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value)
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]))
}

import type { Database } from "better-sqlite3"
import { Schema } from "effect"
import { type Event, Event as EventSchema } from "../../../domain/record/events.ts"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"
import { emptyHead, extend, type Head, hashBody } from "./chain.ts"
import { project } from "./project.ts"

const encode = Schema.encodeSync(EventSchema)

/** Adds an event and updates the projections. Runs inside a transaction. */
export const append = (db: Database, event: Event): Head => {
  const body = canonicalJson(encode(event))
  const bodyHash = hashBody(body)
  const head = extend(readHead(db), bodyHash)
  db.prepare("INSERT INTO events (seq, body, body_hash, hash) VALUES (?, ?, ?, ?)").run(
    head.seq,
    body,
    bodyHash,
    head.hash
  )
  db.prepare(
    "INSERT INTO head (id, seq, hash) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash"
  ).run(head.seq, head.hash)
  project(db, "main", head.seq, event)
  return head
}

/** Reads the end of the chain. */
export const readHead = (db: Database): Head =>
  (db.prepare("SELECT seq, hash FROM head").get() as Head | undefined) ?? emptyHead

import { Schema } from "effect"
import { type Event, Event as EventSchema } from "../../../domain/record/events.ts"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"
import { emptyHead, extend, type Head, hashBody } from "./chain.ts"
import { project } from "./project.ts"
import { first, run, type Steps } from "../../storage/steps.ts"

const encode = Schema.encodeSync(EventSchema)

/** The most characters of an explanation that are kept. */
const longestText = 2000

/** Adds an event and updates the projections. Runs inside a transaction. */
export function* append(event: Event): Steps<Head> {
  const body = bodyOf(event)
  const bodyHash = hashBody(body)
  const head = extend(yield* readHead(), bodyHash)
  yield* run("INSERT INTO events (seq, body, body_hash, hash) VALUES (?, ?, ?, ?)", head.seq, body, bodyHash, head.hash)
  yield* run(
    "INSERT INTO head (id, seq, hash) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
    head.seq,
    head.hash
  )
  yield* project("main.", head.seq, event)
  return head
}

/** Reads the end of the chain. */
export function* readHead(): Steps<Head> {
  return (yield* first<Head>("SELECT seq, hash FROM head")) ?? emptyHead
}

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

import { Effect } from "effect"
import { join } from "node:path"
import type { Event } from "../../../src/domain/record/events.ts"
import { append } from "../../../src/layers/access/record/append.ts"
import { receiptOf } from "../../../src/layers/access/record/chain.ts"
import { layout } from "../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { openImmediateDatabase } from "../../../src/layers/storage/immediateDatabase.ts"

const agent = { id: "aabbccddeeff", name: "desk \u001b[31m\u202e\u009b1A" }
const start = Date.UTC(2026, 0, 5)

const target = { key: "k".repeat(64), account: "kraken" }

/** A record with a write of each kind, and texts that no terminal may get to see. */
export const sampleEvents: ReadonlyArray<Event> = [
  {
    kind: "intent",
    at: start,
    actor: agent,
    ...target,
    endpoint: "private/AddOrder",
    request: { pair: "XBTUSD", volume: "0.1", memo: "\u001b]0;title\u0007 COMPREPLY -o nosort \u2066" },
    identity: "order",
    fingerprints: [],
    leaveBy: start + 30_000
  },
  { kind: "outcome", at: start + 1000, actor: { id: agent.id }, intent: 1, outcome: "happened", ids: ["O1"] },
  {
    kind: "intent",
    at: start + 2000,
    actor: { id: "local" },
    ...target,
    endpoint: "private/Withdraw",
    request: { asset: "XBT", key: "home", amount: "0.5" },
    identity: "withdrawal",
    fingerprints: [],
    leaveBy: start + 32_000
  },
  {
    kind: "outcome",
    at: start + 3000,
    actor: { id: "local" },
    intent: 3,
    outcome: "unknown",
    error: "KrakenOutcomeUnknown",
    reason: "no answer \u001b[2J",
    check: "Read get_withdrawal_status.",
    ids: []
  },
  {
    kind: "refusal",
    at: start + 4000,
    actor: agent,
    ...target,
    endpoint: "private/AddOrder",
    request: { pair: "XBTUSD", volume: "100" },
    error: "PolicyRefused",
    reason: "too large"
  }
]

/** Appends events to the record of a state folder, and returns their receipts. */
export const record = (folder: string, events: ReadonlyArray<Event> = sampleEvents) =>
  Effect.scoped(
    Effect.gen(function* () {
      const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
      return yield* Effect.forEach(events, (event) =>
        Effect.map(
          db.write(() => append(event)),
          receiptOf
        )
      )
    })
  )

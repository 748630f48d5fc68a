import Sqlite from "better-sqlite3"
import { Option } from "effect"
import type { WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import type { Count, Progress, Spend } from "../../../../src/domain/mandates/claim.ts"
import type { Mandate, ServerLimits } from "../../../../src/domain/mandates/mandate.ts"
import type { OutcomeName } from "../../../../src/domain/record/events.ts"
import { append } from "../../../../src/layers/access/record/append.ts"
import * as Intents from "../../../../src/layers/access/record/intents.ts"
import type { Now } from "../../../../src/layers/access/record/now.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import * as Limits from "../../../../src/layers/access/record/limits.ts"
import { mandateOf } from "../../../../src/layers/access/record/mandates.ts"
export { terms as mandate } from "../../../doubles/TestMandate.ts"
import { openSpendsOf } from "../../../../src/layers/access/record/openSpends.ts"
import { availableOf } from "../../../../src/layers/access/record/ownership.ts"
import type { Party } from "../../../../src/layers/access/record/party.ts"
import { usageOf } from "../../../../src/layers/access/record/usage.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { storeWindowTime } from "../../../../src/layers/access/record/windows.ts"
import { runOnSqlite } from "../../../../src/layers/storage/sqliteSteps.ts"

/** Limits in dollars. */
export const dollars = (max: Mandate["spending"]["max"]): Mandate["spending"] => ({ currency: "USD", max })

/** The count against the limits of a scope in dollars, at one dollar a unit. */
export const counted = (scope: string, rate = "1"): Count => ({ scope, bucket: "USD", rate })

/** A buy of Bitcoin that can take this many dollars. */
export const buy = (amount: string, changes: Partial<Spend> = {}): Spend => ({
  kind: "order",
  asset: "USD",
  amount,
  gets: "BTC",
  counts: [counted("t1")],
  order: { index: 0, cl_ord_id: `c${amount}`, pair: "BTC/USD", type: "buy", volume: "1", reduces: false },
  ...changes
})

/** A sell of Bitcoin that only reduces. */
export const sell = (amount: string, changes: Partial<Spend> = {}): Spend => ({
  kind: "order",
  asset: "BTC",
  amount,
  gets: "USD",
  counts: [],
  order: { index: 0, cl_ord_id: `s${amount}`, pair: "BTC/USD", type: "sell", volume: amount, reduces: true },
  ...changes
})

/** A record in memory with one process, `p`, and a caller, `t1`, with a mandate. Times are Unix milliseconds. */
export const makeSpending = (terms: Mandate | undefined, server?: ServerLimits) => {
  const db = new Sqlite(":memory:")
  for (const migration of layout.migrations) db.exec(migration)
  const clock = { wall: 1_000_000_000, monotonic: 0 }
  const now = (): Now => ({ process: "p", ...clock })
  const key = "key 0"
  const account = "kraken"
  const actor = { id: "t1" }
  let revision = 0
  const party = (): Party => ({
    key,
    account,
    caller: "t1",
    mandate: Option.fromNullable(runOnSqlite(db, mandateOf("t1")))
  })
  const limits = (krakenTime?: number) => ({
    ...(server !== undefined && { server }),
    ...(krakenTime !== undefined && { krakenTime })
  })
  const change = (terms: Mandate | undefined) =>
    runOnSqlite(
      db,
      append({
        kind: "mandate",
        at: clock.wall,
        actor: { id: "local" },
        subject: "t1",
        token: "t1",
        revision: ++revision,
        ...(terms !== undefined && { terms })
      })
    )
  if (terms !== undefined) change(terms)
  const claimOf = (spends: ReadonlyArray<Spend>) => ({
    ...(terms !== undefined && { subject: "t1", revision }),
    spends
  })
  const judge = (spends: ReadonlyArray<Spend>, endpoint: WriteEndpoint = "private/AddOrder") =>
    runOnSqlite(db, Limits.judge(now(), party(), { endpoint, claim: claimOf(spends) }, limits()))
  /** Records a write that has room, and returns its row. */
  const begin = (spends: ReadonlyArray<Spend>, endpoint: WriteEndpoint = "private/AddOrder"): number => {
    runOnSqlite(db, storeWindowTime(now(), party(), limits()))
    const admission = runOnSqlite(
      db,
      Intents.begin(
        now(),
        {
          kind: "intent",
          at: clock.wall,
          actor,
          key,
          account,
          endpoint,
          request: {},
          fingerprints: [],
          leaveBy: clock.wall + 30_000,
          claim: claimOf(spends)
        },
        false
      )
    )
    if (admission._tag !== "Begun") throw new Error(admission._tag)
    return admission.head.seq
  }
  const end = (intent: number, outcome: OutcomeName, more: { ids?: ReadonlyArray<string>; result?: unknown } = {}) =>
    runOnSqlite(db, Intents.end(now(), { kind: "outcome", at: clock.wall, intent, outcome, ids: [], ...more }))
  return {
    db,
    clock,
    now,
    key,
    party,
    change,
    judge,
    begin,
    end,
    /** Records an order that has room and that Kraken has placed. */
    placed: (spends: ReadonlyArray<Spend>, endpoint?: WriteEndpoint): number => {
      const seq = begin(spends, endpoint)
      end(seq, "happened", { ids: [`O${seq}`] })
      return seq
    },
    filled: (intent: number, progress: Partial<Progress>, n = 0) =>
      runOnSqlite(
        db,
        append({
          kind: "fills",
          at: clock.wall,
          actor,
          key,
          account,
          orders: [{ intent, n, paid: [], got: "0", open: 1, closed: false, ...progress }]
        })
      ),
    usage: (krakenTime?: number) => runOnSqlite(db, usageOf(now(), party(), limits(krakenTime))),
    used: (window: string) =>
      runOnSqlite(db, usageOf(now(), party(), limits())).limits.find((limit) => limit.window === window)?.used,
    available: (asset: string) => runOnSqlite(db, availableOf(party(), asset)),
    /** Available to a caller without a mandate: what all callers own. */
    availableToAll: (asset: string) => runOnSqlite(db, availableOf({ ...party(), mandate: Option.none() }, asset)),
    open: () => runOnSqlite(db, openSpendsOf(party(), "everyone")),
    faults: () => runOnSqlite(db, verify()).findings
  }
}

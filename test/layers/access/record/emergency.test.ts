import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect } from "effect"
import type { Intent, Outcome } from "../../../../src/domain/record/events.ts"
import { draftOf } from "../../../../src/layers/access/record/activity.ts"
import { append } from "../../../../src/layers/access/record/append.ts"
import {
  beginCancel,
  halt,
  inFlight,
  keysSince,
  tokensSince,
  ownOrders,
  release,
  runningTimer,
  stopIn,
  writesSince
} from "../../../../src/layers/access/record/emergency.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { claimAbandoned } from "../../../../src/layers/access/record/settlement.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { runOnSqlite } from "../../../../src/layers/storage/sqliteSteps.ts"

/** Adds an intent that was recorded at 1000, can leave until 31 000 and be carried out until 36 000. */
const begin = (db: Sqlite.Database, changes: Partial<Intent> = {}): number =>
  runOnSqlite(
    db,
    append({
      kind: "intent",
      at: 1000,
      actor: { id: "aabbccddeeff" },
      key: "k",
      account: "kraken",
      endpoint: "private/AddOrder",
      request: {},
      fingerprints: [],
      leaveBy: 31_000,
      expires: 36_000,
      ...changes
    })
  ).seq

const end = (db: Sqlite.Database, intent: number, outcome: Outcome["outcome"], ids: ReadonlyArray<string> = []) =>
  runOnSqlite(db, append({ kind: "outcome", at: 2000, actor: { id: "aabbccddeeff" }, intent, outcome, ids }))

/** Uses an empty record. */
const recorded = <A>(use: (db: Sqlite.Database) => A) =>
  Effect.sync(() => {
    const db = new Sqlite(":memory:")
    for (const migration of layout.migrations) db.exec(migration)
    return use(db)
  })

describe("the stop in the record", () => {
  const stop = { since: 1000, by: "local", reason: "odd orders" }

  it.scoped("begins once, and ends once", () =>
    recorded((db) => {
      assert.isDefined(runOnSqlite(db, halt(stop)))
      assert.isUndefined(runOnSqlite(db, halt({ since: 2000, by: "local" })))
      assert.deepInclude(runOnSqlite(db, stopIn()), stop)
      assert.isDefined(runOnSqlite(db, release(3000)))
      assert.isUndefined(runOnSqlite(db, release(4000)))
      assert.isUndefined(runOnSqlite(db, stopIn()))
    })
  )

  it.scoped("leaves no cancel for a server to look up after its end", () =>
    recorded((db) => {
      runOnSqlite(db, halt(stop))
      const now = { process: "panic", wall: 1000, monotonic: 0 }
      const cancel = { key: "k", account: "kraken", endpoint: "private/CancelAll", request: {} }
      runOnSqlite(db, beginCancel(now, cancel, 76_000))
      const stateOf = db.prepare("SELECT state FROM intents").pluck()
      assert.strictEqual(stateOf.get(), "open")
      runOnSqlite(db, release(3000))
      assert.strictEqual(stateOf.get(), "unknown")
      assert.isEmpty(runOnSqlite(db, claimAbandoned({ ...now, process: "server", wall: 90_000 }, "k", draftOf)))
      assert.isEmpty(runOnSqlite(db, verify()).findings)
    })
  )
})

describe("writes in flight", () => {
  it.scoped("are open or unknown ones of all keys, until two seconds after their deadline", () =>
    recorded((db) => {
      const open = begin(db)
      const unknown = begin(db, { key: "another", account: "paper" })
      end(db, unknown, "unknown")
      end(db, begin(db), "happened", ["O1"])
      end(db, begin(db), "did-not-happen")
      begin(db, { endpoint: "private/CancelAll" })
      const found = (now: number) => runOnSqlite(db, inFlight(now, 90_000)).map(({ seq, until }) => [seq, until])
      assert.deepStrictEqual(found(37_999), [
        [open, 38_000],
        [unknown, 38_000]
      ])
      assert.isEmpty(found(38_000))
    })
  )

  it.scoped("count their deadline from the stop if they had not left before it", () =>
    recorded((db) => {
      begin(db)
      assert.deepStrictEqual(
        runOnSqlite(db, inFlight(2000, 2000)).map(({ until }) => until),
        [9000]
      )
      assert.isEmpty(runOnSqlite(db, inFlight(9000, 2000)))
    })
  )

  it.scoped("without a deadline get ten seconds to be answered after the last moment to leave", () =>
    recorded((db) => {
      const { expires: _, ...none } = { expires: 0, endpoint: "private/Withdraw" }
      runOnSqlite(
        db,
        append({
          kind: "intent",
          at: 1000,
          actor: { id: "local" },
          key: "k",
          account: "kraken",
          request: {},
          fingerprints: [],
          leaveBy: 31_000,
          ...none
        })
      )
      assert.deepStrictEqual(
        runOnSqlite(db, inFlight(2000, 90_000)).map(({ until }) => until),
        [43_000]
      )
    })
  )
})

describe("own orders", () => {
  it.scoped("are known by the ids that writes made, and by client ids of writes that are undecided", () =>
    recorded((db) => {
      end(db, begin(db), "happened", ["MADE"])
      begin(db, { fingerprints: [JSON.stringify(["sent"])] })
      const orders = [
        { txid: "MADE" },
        { txid: "SENT", clOrdId: "sent" },
        { txid: "OTHER", clOrdId: "other" },
        { txid: "X" }
      ]
      assert.deepStrictEqual([...runOnSqlite(db, ownOrders(orders))], ["MADE", "SENT"])
    })
  )

  it.scoped("are known by the userref and the terms of writes that are undecided", () =>
    recorded((db) => {
      const terms = { pair: "XBTUSD", type: "buy", volume: "0.1", price: "100" }
      begin(db, { request: { ...terms, userref: 7 } })
      begin(db, {
        endpoint: "private/AddOrderBatch",
        request: { pair: "XBTUSD", orders: [{ type: "sell", volume: "0.2", price: "200", userref: 8 }] }
      })
      end(db, begin(db, { request: { ...terms, userref: 9 } }), "did-not-happen")
      const order = (
        txid: string,
        userref: number | undefined,
        type = "buy",
        volume = "0.10000000",
        price = "100.0"
      ) => ({
        txid,
        row: { userref, status: "open", opentm: 1, vol: volume, descr: { pair: "XBT/USD", type, price } }
      })
      const orders = [
        order("SENT", 7),
        order("BATCH", 8, "sell", "0.2", "200"),
        order("OTHER SIDE", 7, "sell"),
        order("OTHER VOLUME", 7, "buy", "5"),
        order("OTHER PRICE", 7, "buy", "0.1", "101"),
        order("DID NOT HAPPEN", 9),
        order("WITHOUT", undefined)
      ]
      assert.deepStrictEqual([...runOnSqlite(db, ownOrders(orders))], ["SENT", "BATCH"])
    })
  )
})

describe("the timer of a caller", () => {
  const timer = (db: Sqlite.Database, timeout: number, outcome: Outcome["outcome"] = "happened") =>
    end(db, begin(db, { endpoint: "private/CancelAllOrdersAfter", request: { timeout } }), outcome)

  it.scoped("is the one that was set last with the key, while it runs", () =>
    recorded((db) => {
      assert.isUndefined(runOnSqlite(db, runningTimer("k", 2000)))
      timer(db, 60)
      assert.deepStrictEqual(runOnSqlite(db, runningTimer("k", 60_999)), {
        caller: "aabbccddeeff",
        at: 1000,
        seconds: 60
      })
      assert.isUndefined(runOnSqlite(db, runningTimer("k", 61_000)))
      assert.isUndefined(runOnSqlite(db, runningTimer("another", 2000)))
      timer(db, 30, "did-not-happen")
      assert.deepInclude(runOnSqlite(db, runningTimer("k", 2000)), { seconds: 60 })
      timer(db, 0)
      assert.isUndefined(runOnSqlite(db, runningTimer("k", 2000)))
    })
  )
})

it.scoped("keys count that wrote lately, without paper, cancels, and writes that were not carried out", () =>
  recorded((db) => {
    begin(db)
    begin(db, { key: "second", at: 5000 })
    begin(db, { key: "third", at: 100 })
    begin(db, { key: "paper", at: 5000 })
    begin(db, { key: "fourth", at: 5000, endpoint: "private/CancelAll" })
    end(db, begin(db, { key: "fifth", at: 5000 }), "did-not-happen")
    assert.sameMembers([...runOnSqlite(db, keysSince(1000))], ["k", "second"])
  })
)

it.scoped("writes since a row are counted by endpoint and state", () =>
  recorded((db) => {
    const first = begin(db)
    begin(db)
    end(db, begin(db), "happened", ["O2"])
    assert.deepStrictEqual(runOnSqlite(db, writesSince(first)), [
      { endpoint: "private/AddOrder", state: "happened", count: 1 },
      { endpoint: "private/AddOrder", state: "open", count: 1 }
    ])
  })
)

it.scoped("tokens for the WebSocket count that a key got lately, or might have got", () =>
  recorded((db) => {
    const token = (changes: Partial<Intent> = {}) => begin(db, { endpoint: "private/GetWebSocketsToken", ...changes })
    end(db, token(), "happened")
    end(db, token(), "unknown")
    end(db, token(), "did-not-happen")
    token({ at: 100 })
    token({ key: "another" })
    begin(db)
    assert.strictEqual(runOnSqlite(db, tokensSince("k", 1000)), 2)
  })
)

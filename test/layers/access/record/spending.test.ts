import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { everyone, type Spend } from "../../../../src/domain/mandates/claim.ts"
import { freeze, rotate } from "../../../../src/layers/access/mandates/administer.ts"
import { prune, rekey, resolve } from "../../../../src/layers/access/record/administer.ts"
import { renew } from "../../../../src/layers/access/record/intents.ts"
import { append } from "../../../../src/layers/access/record/append.ts"
import * as Intents from "../../../../src/layers/access/record/intents.ts"
import * as Limits from "../../../../src/layers/access/record/limits.ts"
import { leveragedPairs, ownIds } from "../../../../src/layers/access/record/openSpends.ts"
import { mandateOf } from "../../../../src/layers/access/record/mandates.ts"
import { availableOf } from "../../../../src/layers/access/record/ownership.ts"
import type { Party } from "../../../../src/layers/access/record/party.ts"
import { buy, counted, dollars, makeSpending, mandate, sell } from "./spending.ts"
import { runOnSqlite } from "../../../../src/layers/storage/sqliteSteps.ts"

const day = 86_400_000

/** A mandate with limits in dollars. */
const limited = (max: Parameters<typeof dollars>[0]) => mandate({ spending: dollars(max) })

/** A mandate with a capital of 1000 dollars. */
const withCapital = mandate({ capital: { amount: "1000", asset: "USD" }, spending: dollars({ total: "100000" }) })

/** The fields of a limit that was reached. */
const reached = (refusal: ReturnType<ReturnType<typeof makeSpending>["judge"]>) =>
  refusal?._tag === "Limit" ? [refusal.limit, refusal.asked, refusal.left] : refusal?._tag

describe("a reservation", () => {
  it("counts against every window from the moment it is made, whatever its age", () => {
    const v = makeSpending(limited({ hour: "100", day: "150" }))
    v.placed([buy("60")])
    assert.deepStrictEqual(reached(v.judge([buy("50")])), ["max/hour", "50", "40"])
    v.clock.wall += 40 * day
    assert.strictEqual(v.used("hour"), "60")
    assert.strictEqual(v.used("day"), "60")
    assert.deepStrictEqual(v.faults(), [])
  })

  it("is given back at once if the write did not happen", () => {
    const v = makeSpending(limited({ day: "100" }))
    const seq = v.begin([buy("100"), sell("1", { parent: 0 })])
    assert.strictEqual(v.used("day"), "100")
    v.end(seq, "did-not-happen")
    assert.strictEqual(v.used("day"), "0")
    assert.deepStrictEqual(v.open(), [])
    assert.deepStrictEqual(v.faults(), [])
  })

  it("gives back only the orders of a batch that were refused, and what their fills would have made", () => {
    const v = makeSpending(limited({ day: "100" }))
    const seq = v.begin(
      [buy("10"), buy("20"), buy("30"), sell("1", { parent: 1 }), sell("2", { parent: 2 })],
      "private/AddOrderBatch"
    )
    v.end(seq, "happened", {
      result: { orders: [{ txid: "OA" }, { error: "EOrder:Insufficient funds" }, { txid: "OC" }] }
    })
    assert.strictEqual(v.used("day"), "40")
    assert.deepStrictEqual(
      v.open().map(({ n, parentTxid, txid }) => [n, txid, parentTxid]),
      [
        [0, "OA", undefined],
        [2, "OC", undefined],
        [4, undefined, "OC"]
      ]
    )
    assert.deepStrictEqual(v.faults(), [])
  })

  it("stays while the outcome is unknown, and until the operator decides", () => {
    const v = makeSpending(limited({ day: "100" }))
    const [first, second] = [v.begin([buy("10")]), v.begin([buy("20")])]
    v.end(first, "unknown")
    v.end(second, "unknown")
    v.clock.wall += 3 * day
    assert.strictEqual(v.used("day"), "30")
    runOnSqlite(v.db, resolve(v.clock.wall, first, "did-not-happen"))
    runOnSqlite(v.db, resolve(v.clock.wall, second, "happened"))
    assert.strictEqual(v.used("day"), "20")
    assert.deepStrictEqual(
      v.open().map(({ isUndecided, seq }) => [seq, isUndecided]),
      [[second, false]]
    )
    assert.deepStrictEqual(v.faults(), [])
  })

  it("stays if its order was read back, although it was decided that it did not happen", () => {
    const v = makeSpending(withCapital)
    const seq = v.begin([buy("100")])
    v.end(seq, "unknown")
    v.filled(seq, { txid: "OA", paid: [{ at: v.clock.wall, amount: "40" }], got: "0.4" })
    runOnSqlite(v.db, resolve(v.clock.wall, seq, "did-not-happen"))
    assert.strictEqual(v.available("USD"), "900")
    assert.strictEqual(v.available("BTC"), "0.4")
    assert.lengthOf(v.open(), 1)
    assert.deepStrictEqual(v.faults(), [])
  })

  it("above the highest limit there can be has no room under it", () => {
    const v = makeSpending(limited({ day: "1000000000" }))
    assert.deepStrictEqual(reached(v.judge([buy("1000000001")])), ["max/day", "1000000000.00000001", "1000000000"])
    assert.isUndefined(v.judge([buy("1000000000")]))
  })
})

describe("a transfer", () => {
  const withdrawal: Spend = { kind: "funds", asset: "USD", amount: "70", counts: [counted("t1")] }

  it("counts by the time at which it was sent, and unknown as well", () => {
    for (const outcome of ["happened", "unknown"] as const) {
      const v = makeSpending(limited({ day: "100", total: "1000" }))
      const seq = v.begin([withdrawal], "private/Withdraw")
      v.end(seq, outcome)
      assert.strictEqual(v.used("day"), "70")
      v.clock.wall += day + 1
      assert.strictEqual(v.used("day"), "0")
      assert.strictEqual(v.used("total"), "70")
      assert.deepStrictEqual(v.faults(), [])
    }
  })

  it("of unknown outcome takes its capital until it is decided", () => {
    const v = makeSpending(withCapital)
    const seq = v.begin([withdrawal], "private/Withdraw")
    v.end(seq, "unknown")
    v.clock.wall += 60 * day
    assert.strictEqual(v.available("USD"), "930")
    runOnSqlite(v.db, resolve(v.clock.wall, seq, "did-not-happen"))
    assert.strictEqual(v.available("USD"), "1000")
    assert.deepStrictEqual(v.faults(), [])
  })

  it("to earn consumes no capital", () => {
    const v = makeSpending(withCapital)
    const seq = v.begin([{ ...withdrawal, kind: "earn" }], "private/Earn/Allocate")
    assert.strictEqual(v.available("USD"), "930")
    v.end(seq, "happened")
    assert.strictEqual(v.available("USD"), "1000")
    assert.deepStrictEqual(v.faults(), [])
  })
})

describe("fills", () => {
  it("replace the reservation by the true cost at the time of each fill once the order is closed", () => {
    const v = makeSpending(limited({ day: "100" }))
    const at = v.clock.wall
    const seq = v.placed([buy("90")])
    v.filled(seq, { paid: [{ at, amount: "30" }], got: "0.3" })
    assert.strictEqual(v.used("day"), "90")
    v.clock.wall += day / 2
    v.filled(seq, {
      paid: [
        { at, amount: "30" },
        { at: at + day / 2, amount: "25.5" }
      ],
      got: "0.5",
      closed: true,
      open: 0
    })
    assert.strictEqual(v.used("day"), "55.5")
    v.clock.wall += day / 2 + 1
    assert.strictEqual(v.used("day"), "25.5")
    assert.deepStrictEqual(v.open(), [])
    assert.deepStrictEqual(v.faults(), [])
  })

  it("are counted once, in whichever order readings arrive", () => {
    const first = { paid: [{ at: 1, amount: "30" }], got: "0.3" }
    const second = { paid: [{ at: 1, amount: "50" }], got: "0.5" }
    const last = { ...second, closed: true, open: 0 }
    for (const readings of [
      [first, second, last],
      [second, first, last],
      [last, first, second],
      [first, first, last, last]
    ]) {
      const v = makeSpending(withCapital)
      const seq = v.placed([buy("90")])
      for (const reading of readings) v.filled(seq, reading)
      assert.deepStrictEqual(v.usage().owned, {
        BTC: { amount: "0.5", reserved: "0" },
        USD: { amount: "950", reserved: "0" }
      })
      assert.deepStrictEqual(v.faults(), [])
    }
  })

  it("of an order that its fills make can only take what that order got", () => {
    const v = makeSpending(withCapital)
    const seq = v.placed([buy("500"), sell("5", { parent: 0 })])
    assert.strictEqual(v.available("BTC"), "0")
    v.filled(seq, { paid: [{ at: 1, amount: "200" }], got: "2" })
    assert.deepStrictEqual(v.usage().owned["BTC"], { amount: "2", reserved: "2" })
    v.filled(seq, { paid: [{ at: 1, amount: "0.5" }], got: "60", open: 2 }, 1)
    assert.deepStrictEqual(v.usage().owned["BTC"], { amount: "1.5", reserved: "1.5" })
    assert.strictEqual(v.usage().openOrders, 3)
    v.filled(seq, { paid: [{ at: 1, amount: "200" }], got: "2", closed: true, open: 0 })
    v.filled(seq, { paid: [{ at: 1, amount: "0.5" }], got: "60", closed: true, open: 0 }, 1)
    assert.deepStrictEqual(v.usage().owned, {
      BTC: { amount: "1.5", reserved: "0" },
      USD: { amount: "860", reserved: "0" }
    })
    assert.deepStrictEqual(v.faults(), [])
  })

  it("of sells that do not reduce leave what was bought", () => {
    const v = makeSpending(limited({ day: "1000" }))
    const other = sell("3", { counts: [counted("t1", "100")], order: { ...sell("3").order!, reduces: false } })
    const first = v.placed([other])
    v.filled(first, { paid: [{ at: 1, amount: "3" }], got: "300", closed: true })
    const second = v.placed([buy("100")])
    v.filled(second, { paid: [{ at: 1, amount: "100" }], got: "1", closed: true })
    v.placed([other])
    assert.strictEqual(v.available("BTC"), "1")
    assert.strictEqual(v.availableToAll("BTC"), "1")
    assert.isUndefined(v.judge([sell("1")]))
    assert.deepStrictEqual(reached(v.judge([sell("1.1")])), ["owned", "1.1", "1"])
    assert.deepStrictEqual(v.faults(), [])
  })

  it("before a capital was set count against it as well", () => {
    const v = makeSpending(limited({ total: "100000" }))
    const seq = v.placed([buy("300")])
    v.filled(seq, { paid: [{ at: 1, amount: "300" }], got: "3", closed: true })
    const sold = v.placed([sell("3")])
    v.filled(sold, { paid: [{ at: 1, amount: "3" }], got: "250", closed: true })
    v.change(withCapital)
    assert.strictEqual(v.available("USD"), "950")
    assert.strictEqual(v.available("BTC"), "0")
  })

  it("of coins that were granted leave those that others bought", () => {
    const v = makeSpending(mandate({ grants: { BTC: "1" } }))
    const granted = v.placed([sell("1")])
    v.filled(granted, { paid: [{ at: 1, amount: "1" }], got: "100", closed: true })
    assert.strictEqual(v.available("BTC"), "0")
    const bought = v.placed([buy("100")])
    v.filled(bought, { paid: [{ at: 1, amount: "100" }], got: "1", closed: true })
    assert.strictEqual(v.availableToAll("BTC"), "1")
    assert.deepStrictEqual(v.faults(), [])
  })
})

describe("an amendment", () => {
  const raised = (seq: number, amount: string, changes: Partial<Spend> = {}, from = "50") =>
    buy(amount, { raises: { intent: seq, n: 0, from: { amount: from, volume: "1" } }, ...changes })

  it("reserves what it adds first, and raises its order when it happened", () => {
    const v = makeSpending(limited({ order: "80", day: "100" }))
    const seq = v.placed([buy("50")])
    assert.deepStrictEqual(reached(v.judge([raised(seq, "31")])), ["max/order", "81", "80"])
    const amendment = v.begin([raised(seq, "30")], "private/AmendOrder")
    assert.strictEqual(v.used("day"), "80")
    v.end(amendment, "happened")
    assert.strictEqual(v.used("day"), "80")
    assert.deepStrictEqual(
      v.open().map(({ amount, seq }) => [seq, amount]),
      [[seq, "80"]]
    )
    v.filled(seq, { paid: [{ at: v.clock.wall, amount: "10" }], got: "0.1", closed: true })
    assert.strictEqual(v.used("day"), "10")
    assert.deepStrictEqual(v.faults(), [])
  })

  it("that is unknown keeps its part until its order is closed", () => {
    const v = makeSpending(limited({ day: "100" }))
    const seq = v.placed([buy("50")])
    const amendment = v.begin([raised(seq, "30")], "private/AmendOrder")
    v.end(amendment, "unknown")
    assert.strictEqual(v.used("day"), "80")
    v.filled(seq, { closed: true })
    assert.strictEqual(v.used("day"), "0")
    assert.deepStrictEqual(v.faults(), [])
  })

  it("waits for the outcome of another one of the same order, since one can raise the volume and the other one the price", () => {
    for (const outcome of [undefined, "unknown"] as const) {
      const v = makeSpending(limited({ day: "1000" }))
      const seq = v.placed([buy("50")])
      const first = v.begin([raised(seq, "50")], "private/AmendOrder")
      if (outcome !== undefined) v.end(first, outcome)
      assert.deepStrictEqual(reached(v.judge([raised(seq, "50")], "private/AmendOrder")), ["amendments", "1", "0"])
    }
    const v = makeSpending(limited({ day: "1000" }))
    const seq = v.placed([buy("50")])
    v.end(v.begin([raised(seq, "50")], "private/AmendOrder"), "did-not-happen")
    assert.isUndefined(v.judge([raised(seq, "50")], "private/AmendOrder"))
  })

  it("is refused if its order was raised since it was judged", () => {
    const v = makeSpending(limited({ day: "1000" }))
    const seq = v.placed([buy("50")])
    const dearer = {
      order: { index: 0, pair: "BTC/USD", type: "buy", volume: "1", price: "60", reduces: false }
    } as const
    v.end(v.begin([raised(seq, "0", dearer)], "private/AmendOrder"), "happened")
    assert.deepStrictEqual(reached(v.judge([raised(seq, "50")], "private/AmendOrder")), ["amendments", "1", "0"])
    const anew = buy("50", { raises: { intent: seq, n: 0, from: { amount: "50", volume: "1", price: "60" } } })
    assert.isUndefined(v.judge([anew], "private/AmendOrder"))
    v.filled(seq, { closed: true })
    assert.deepStrictEqual(reached(v.judge([anew], "private/AmendOrder")), ["amendments", "1", "0"])
  })

  it("of an order that was closed meanwhile keeps nothing", () => {
    for (const outcome of ["happened", "unknown"] as const) {
      const v = makeSpending(limited({ day: "100" }))
      const seq = v.placed([buy("50")])
      v.filled(seq, { closed: true })
      const amendment = v.begin([raised(seq, "30")], "private/AmendOrder")
      v.end(amendment, outcome)
      assert.strictEqual(v.used("day"), "0")
      assert.deepStrictEqual(v.faults(), [])
    }
  })

  it("keeps the limits of its order, each at the higher rate", () => {
    const v = makeSpending(limited({ day: "1000" }))
    const seq = v.placed([buy("50", { counts: [counted("t1", "2")] })])
    v.end(v.begin([raised(seq, "10", { counts: [] })], "private/AmendOrder"), "happened")
    assert.strictEqual(v.used("day"), "120")
    v.end(v.begin([raised(seq, "10", { counts: [counted("t1", "3")] })], "private/AmendOrder"), "happened")
    assert.strictEqual(v.used("day"), "210")
    assert.deepStrictEqual(v.faults(), [])
  })
})

describe("limits", () => {
  it("of the server count all callers together", () => {
    const v = makeSpending(limited({ day: "1000" }), { spending: dollars({ day: "100" }), ask: { kinds: [] } })
    v.placed([buy("60", { counts: [counted("t1"), counted(everyone)] })])
    assert.deepStrictEqual(reached(v.judge([buy("50", { counts: [counted("t1"), counted(everyone)] })])), [
      "max/day",
      "50",
      "40"
    ])
  })

  it("of open orders never refuse one that only reduces", () => {
    const v = makeSpending(mandate({ maxOpen: 1, grants: { BTC: "5" } }))
    v.placed([buy("10")])
    assert.deepStrictEqual(reached(v.judge([buy("10")])), ["max-open", "1", "0"])
    assert.isUndefined(v.judge([sell("1")]))
  })

  it("release nothing if a clock jumps", () => {
    const v = makeSpending(limited({ day: "100" }))
    const seq = v.placed([buy("60")])
    const filledAt = v.clock.wall
    v.filled(seq, { paid: [{ at: filledAt, amount: "60" }], got: "1", closed: true })
    v.clock.wall += 2 * day
    const usedAt = (krakenTime: number) => v.usage(krakenTime).limits[0]?.used
    assert.strictEqual(usedAt(filledAt + 1000), "60")
    assert.strictEqual(usedAt(v.clock.wall), "0")
    v.clock.wall = filledAt + 1000
    assert.strictEqual(usedAt(filledAt + 3 * day), "60")
  })

  it("of one revision do not judge a claim that was made under another", () => {
    const v = makeSpending(limited({ day: "100" }))
    const before = v.party()
    v.change(limited({ day: "10" }))
    const judge = (party: Party) =>
      runOnSqlite(v.db, Limits.judge(v.now(), party, { endpoint: "private/AddOrder", claim: { spends: [] } }, {}))?._tag
    assert.strictEqual(judge(before), "Changed")
    assert.isUndefined(judge(v.party()))
  })

  it("bar a frozen caller from all but cancels, also after the mandate was changed", () => {
    const v = makeSpending(limited({ day: "100" }))
    runOnSqlite(
      v.db,
      append({
        kind: "freeze",
        at: v.clock.wall,
        actor: { id: "t1" },
        subject: "t1",
        frozen: true,
        reason: "odd prices"
      })
    )
    v.change(limited({ day: "200" }))
    assert.deepStrictEqual(v.judge([]), {
      _tag: "Frozen",
      scope: "caller",
      since: v.clock.wall,
      by: "t1",
      reason: "odd prices"
    })
    assert.isUndefined(v.judge([], "private/CancelAll"))
    runOnSqlite(
      v.db,
      append({ kind: "freeze", at: v.clock.wall, actor: { id: "local" }, subject: "t1", frozen: false })
    )
    assert.isUndefined(v.judge([]))
    assert.deepStrictEqual(v.faults(), [])
  })
})

describe("the rate of writes", () => {
  it("is not reset by a token that replaces another one, nor by a third one", () => {
    const v = makeSpending({ ...limited({ day: "100" }), rate: 2 })
    v.placed([buy("1")])
    const party = (caller: string): Party => ({
      ...v.party(),
      caller,
      mandate: Option.fromNullable(runOnSqlite(v.db, mandateOf(caller)))
    })
    const judge = (caller: string, revision: number) =>
      runOnSqlite(
        v.db,
        Limits.judge(
          v.now(),
          party(caller),
          { endpoint: "private/AddOrder", claim: { subject: "t1", revision, spends: [] } },
          {}
        )
      )
    assert.isUndefined(judge("t1", 1))
    v.clock.wall += 1000
    v.placed([buy("2")])
    const first = v.clock.wall - 1000
    runOnSqlite(v.db, rotate(v.clock.wall, { token: "t1", to: "t2", expected: 1 }))
    assert.deepInclude(judge("t2", 2), { _tag: "Limit", limit: "rate", availableAt: first + 60_000 })
    runOnSqlite(v.db, rotate(v.clock.wall, { token: "t2", to: "t3", expected: 2 }))
    assert.deepInclude(judge("t3", 3), { _tag: "Limit", limit: "rate", availableAt: first + 60_000 })
    v.clock.wall = first + 60_000
    assert.isUndefined(judge("t3", 3))
    assert.deepStrictEqual(v.faults(), [])
  })
})

describe("a balance that has to be kept", () => {
  /** The amount that is left of a balance of 200 USD, of which 100 USD have to be kept, by a report of this age. */
  const leftOf = (v: ReturnType<typeof makeSpending>, asOf: number) => {
    const claim = { subject: "t1", revision: 1, spends: [buy("1000", { counts: [] })] }
    const report = { asOf, available: { USD: "200" } }
    const found = runOnSqlite(
      v.db,
      Limits.judge(v.now(), v.party(), { endpoint: "private/AddOrder", claim }, { report })
    )
    return found?._tag === "Limit" && found.limit === "keep" ? found.left : undefined
  }
  const kept = mandate({ keep: { USD: "100" } })

  it("does not have what was not answered before it was reported", () => {
    const v = makeSpending(kept)
    const seq = v.begin([buy("30")])
    assert.strictEqual(leftOf(v, seq), "70")
    v.end(seq, "happened", { ids: ["O1"] })
    assert.strictEqual(leftOf(v, seq), "70")
    assert.strictEqual(leftOf(v, seq + 1), "100")
    v.filled(seq, { paid: [{ at: 1, amount: "10" }], got: "1", closed: true })
    assert.strictEqual(leftOf(v, seq), "90")
  })

  it("does not have what a write of unknown outcome can take, until that is decided", () => {
    const v = makeSpending(kept)
    const seq = v.begin([buy("30")], "private/WalletTransfer")
    v.end(seq, "unknown")
    assert.strictEqual(leftOf(v, seq + 1), "70")
    runOnSqlite(v.db, resolve(v.clock.wall, seq, "did-not-happen"))
    assert.strictEqual(leftOf(v, seq + 2), "100")
  })

  it("has what was answered before it was reported, however much that was", () => {
    const v = makeSpending(kept)
    for (let n = 0; n < 5; n++) {
      const seq = v.placed([buy("50")])
      v.filled(seq, { paid: [{ at: 1, amount: "50" }], got: "1", closed: n % 2 === 0 })
    }
    assert.strictEqual(leftOf(v, 100), "100")
  })

  it("does not have what an order was raised by since it was reported", () => {
    const v = makeSpending(kept)
    const seq = v.placed([buy("30")])
    const raise = buy("20", { raises: { intent: seq, n: 0, from: { amount: "30", volume: "1" } } })
    const amendment = v.begin([raise], "private/AmendOrder")
    assert.strictEqual(leftOf(v, amendment), "80")
    v.end(amendment, "happened")
    // Of which amount the report knows cannot be told.
    assert.strictEqual(leftOf(v, amendment), "50")
    assert.strictEqual(leftOf(v, amendment + 1), "100")
  })

  it("is not there without a report", () => {
    const v = makeSpending(kept)
    assert.deepInclude(v.judge([buy("1")]), { _tag: "Limit", limit: "keep", left: "0" })
  })
})

describe("pruning", () => {
  const month = 31 * day

  it("keeps what counts in the life of the mandate, and what is owned", () => {
    const v = makeSpending(withCapital)
    const seq = v.placed([buy("300")])
    v.filled(seq, { paid: [{ at: v.clock.wall, amount: "300" }], got: "3", closed: true })
    const sold = v.placed([sell("1")])
    v.clock.wall += 2 * month
    assert.isDefined(runOnSqlite(v.db, prune(v.clock.wall, v.clock.wall - month)))
    assert.deepStrictEqual(v.faults(), [])
    v.filled(sold, { paid: [{ at: v.clock.wall, amount: "1" }], got: "110", closed: true })
    assert.strictEqual(v.used("total"), "300")
    assert.strictEqual(v.available("USD"), "810")
    assert.strictEqual(v.available("BTC"), "2")
    assert.deepStrictEqual(v.faults(), [])
    v.clock.wall += 2 * month
    assert.isDefined(runOnSqlite(v.db, prune(v.clock.wall, v.clock.wall - month)))
    assert.strictEqual(v.available("USD"), "810")
    assert.deepStrictEqual(v.faults(), [])
  })

  it("each month leaves no more of a year than of its first month but hashes, which stay verifiable", () => {
    const v = makeSpending(withCapital)
    const counts = () =>
      ["intents", "made", "spends", "uses", "holdings", "leases", "dropped", "events WHERE body IS NOT NULL"].map(
        (table) => Number(v.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
      )
    const months = Array.from({ length: 12 }, () => {
      for (let n = 0; n < 20; n++) {
        const bought = v.placed([buy("10")])
        v.filled(bought, { paid: [{ at: v.clock.wall, amount: "10" }], got: "1", closed: true })
        const sold = v.placed([sell("1")])
        v.filled(sold, { paid: [{ at: v.clock.wall, amount: "1" }], got: "10", closed: true })
      }
      v.clock.wall += month
      v.clock.monotonic += month
      runOnSqlite(v.db, renew(v.now()))
      runOnSqlite(v.db, prune(v.clock.wall, v.clock.wall - month))
      assert.deepStrictEqual(v.faults(), [])
      return counts()
    })
    const [first = [], last = []] = [months[1], months.at(-1)]
    // Each pruning leaves one row that says what was pruned, and one with what that counts against the life of the mandate.
    const grown = last.map((count, table) => count - (first[table] ?? 0))
    assert.deepStrictEqual(grown, [0, 0, 0, 10, 0, 0, 0, 10])
  })

  it("leaves an old order whose fill still counts in a window", () => {
    const v = makeSpending(limited({ day: "100" }))
    const seq = v.placed([buy("60")])
    v.clock.wall += 2 * month
    v.filled(seq, { paid: [{ at: v.clock.wall, amount: "60" }], got: "1", closed: true })
    runOnSqlite(v.db, prune(v.clock.wall, v.clock.wall - month))
    assert.strictEqual(v.used("day"), "60")
    assert.deepStrictEqual(v.faults(), [])
  })
})

describe("a replaced key", () => {
  it("takes along what was used, owned and reserved, and the time of the windows", () => {
    const v = makeSpending(withCapital)
    const seq = v.placed([buy("300")])
    v.filled(seq, { paid: [{ at: v.clock.wall, amount: "300" }], got: "3", closed: true })
    v.placed([buy("200")])
    v.clock.wall += 60_000
    runOnSqlite(v.db, rekey(v.clock.wall, "key 0", "key 1"))
    const party = { ...v.party(), key: "key 1" }
    assert.strictEqual(runOnSqlite(v.db, availableOf(party, "USD")), "500")
    assert.strictEqual(runOnSqlite(v.db, availableOf(party, "BTC")), "3")
    assert.strictEqual(v.db.prepare("SELECT at FROM window_time WHERE key = 'key 1'").pluck().get(), 1_000_000_000)
    assert.strictEqual(v.available("USD"), "1000")
    assert.deepStrictEqual(v.faults(), [])
  })
})

describe("orders of a caller", () => {
  it("are known by each of their ids, and not by one that stands for the other", () => {
    const v = makeSpending(limited({}))
    const seq = v.placed([buy("60")])
    const ids = ["c60", `O${seq}`, "OX", "c61"]
    assert.deepStrictEqual([...runOnSqlite(v.db, ownIds(v.party(), ids, "txid"))], [`O${seq}`])
    assert.deepStrictEqual([...runOnSqlite(v.db, ownIds(v.party(), ids, "cl_ord_id"))], ["c60"])
  })

  it("open positions if they have leverage", () => {
    const v = makeSpending(limited({}))
    const pairOf = (pair: string, reduces = false): Partial<Spend> => ({
      order: { index: 0, pair, type: "buy", volume: "1", reduces }
    })
    const { gets: _, ...position } = buy("10")
    v.placed([buy("10")])
    v.placed([{ ...position, ...pairOf("SOL/USD", true), counts: [] }])
    v.placed([{ kind: "funds", asset: "USD", amount: "1", counts: [] }], "private/Withdraw")
    assert.deepStrictEqual([...runOnSqlite(v.db, leveragedPairs(v.party()))], [])
    const seq = v.placed([{ ...position, ...pairOf("ETH/USD") }])
    v.filled(seq, { closed: true })
    assert.deepStrictEqual([...runOnSqlite(v.db, leveragedPairs(v.party()))], ["ETH/USD"])
    assert.deepStrictEqual([...runOnSqlite(v.db, leveragedPairs({ ...v.party(), mandate: Option.none() }))], [])
  })

  it("that wait for their turn can be kept from leaving", () => {
    const v = makeSpending(limited({}))
    const seq = v.begin([buy("60")])
    const cancel = v.begin([], "private/CancelOrder")
    assert.isTrue(runOnSqlite(v.db, Intents.mayLeave(v.now(), seq)))
    runOnSqlite(v.db, Intents.dropQueued({ key: "key 0", account: "kraken", caller: "t1" }))
    assert.isFalse(runOnSqlite(v.db, Intents.mayLeave(v.now(), seq)))
    assert.isTrue(runOnSqlite(v.db, Intents.mayLeave(v.now(), cancel)))
    assert.isTrue(runOnSqlite(v.db, Intents.mayLeave(v.now(), v.begin([buy("61")]))))
  })

  it("that wait for their turn do not leave once the caller is frozen", () => {
    const v = makeSpending(limited({}))
    const [seq, cancel] = [v.begin([buy("60")]), v.begin([], "private/CancelOrder")]
    runOnSqlite(v.db, freeze(v.clock.wall, { caller: "t2", frozen: true }))
    assert.isTrue(runOnSqlite(v.db, Intents.mayLeave(v.now(), seq)))
    runOnSqlite(v.db, freeze(v.clock.wall, { caller: "t1", frozen: true }))
    assert.isFalse(runOnSqlite(v.db, Intents.mayLeave(v.now(), seq)))
    assert.isTrue(runOnSqlite(v.db, Intents.mayLeave(v.now(), cancel)))
  })
})

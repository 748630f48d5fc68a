import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { classicPermissions } from "../../../../src/domain/keys/permissions.ts"
import { counted, dollars, mandate, buy as spendOf, sell as saleOf } from "../../access/record/spending.ts"
import { subject } from "../../../doubles/LimitedAgent.ts"
import { type Lists, makeAgent, makeLists } from "./limitedAccount.ts"

const [one, two, three] = ["OAAAAA-BBBBB-CCCCC1", "OAAAAA-BBBBB-CCCCC2", "OAAAAA-BBBBB-CCCCC3"] as const

/** The time at which orders are placed, in Unix seconds. */
const start = 1_800_000_000

const terms = mandate({ spending: dollars({ order: "1000", day: "5000" }), maxOpen: 100 })

const counts = [counted(subject)]

/** A buy of 0.01 BTC for at most 502 USD. */
const buy = (id: string) =>
  spendOf("502", {
    counts,
    order: { index: 0, cl_ord_id: id, pair: "BTC/USD", type: "buy", volume: "0.01", price: "50000", reduces: false }
  })

/** The row of such a buy as Kraken lists it. */
const row = (filled: string, more: object = {}) => ({
  status: "open",
  opentm: start + 1,
  descr: { pair: "XBTUSD", type: "buy" },
  vol: "0.01000000",
  vol_exec: filled,
  cost: String(Number(filled) * 50_000),
  fee: String(Number(filled) * 200),
  oflags: "fciq",
  ...more
})

const sale = { descr: { pair: "XBTUSD", type: "sell" } }

const ended = (status: string, closetm = start + 2) => ({ status, closetm })

const endpointsOf = ({ reads }: Lists) => reads.map(({ endpoint }) => endpoint.replace("private/", ""))

/** Runs a test with an agent at the time at which orders are placed. */
const withAgent = <A, E>(
  run: (agent: Effect.Effect.Success<ReturnType<typeof makeAgent>>, lists: Lists) => Effect.Effect<A, E>,
  options: { readonly permissions?: ReadonlyArray<string> } = {}
) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(start * 1000)
    const lists = makeLists()
    const agent = yield* makeAgent(lists, terms, options.permissions)
    return yield* run(agent, lists)
  })

describe("reading orders back", () => {
  it.scoped("keeps the bound of an order that is open, and shows what it has bought", () =>
    withAgent(({ open, readBack, used, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.open[one] = row("0.004")
        yield* readBack()
        assert.deepStrictEqual(yield* used, {
          day: "502",
          openOrders: 1,
          owned: { BTC: "0.004", USD: "0" }
        })
        assert.deepInclude((yield* open)[0], { txid: one, paid: "200.8", got: "0.004", open: 1 })
      })
    )
  )

  for (const status of ["canceled", "expired"])
    it.scoped(`gives back what an order that was ${status} after a partial fill did not take`, () =>
      withAgent(({ open, readBack, used, write }, lists) =>
        Effect.gen(function* () {
          yield* write([buy("c1")], { is: "happened", ids: [one] })
          lists.closed[one] = row("0.004", ended(status))
          yield* readBack()
          assert.deepStrictEqual(yield* used, { day: "200.8", openOrders: 0, owned: { BTC: "0.004", USD: "0" } })
          assert.deepStrictEqual(yield* open, [])
        })
      )
    )

  it.scoped("replaces the bound of a filled order by its cost and fee", () =>
    withAgent(({ readBack, used, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.closed[one] = row("0.01", { ...ended("closed"), cost: "499", fee: "1.99600" })
        yield* readBack()
        assert.deepInclude(yield* used, { day: "500.996", openOrders: 0 })
        assert.deepStrictEqual(endpointsOf(lists), ["QueryOrders"])
        assert.deepInclude(lists.reads[0], { params: { txid: one, trades: true }, priority: "write" })
      })
    )
  )

  it.scoped("asks for fifty orders at a time, and records nothing that is known", () =>
    withAgent(({ readBack, record, write }, lists) =>
      Effect.gen(function* () {
        for (let i = 0; i < 60; i++) {
          const txid = `OAAAAA-BBBBB-${String(i).padStart(6, "0")}`
          yield* write([{ ...buy(`c${i}`), counts: [] }], { is: "happened", ids: [txid] })
          lists.open[txid] = row("0")
        }
        const before = yield* record.position
        yield* readBack()
        assert.deepStrictEqual(
          lists.reads.map(({ params }) => String(params["txid"]).split(",").length),
          [50, 10]
        )
        assert.strictEqual(yield* record.position, before)
      })
    )
  )

  it.scoped("keeps the bound of an order that Kraken does not show", () =>
    withAgent(({ readBack, used, write }) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        yield* write([buy("c2")], { is: "unknown" })
        yield* readBack()
        assert.deepInclude(yield* used, { day: "1004", openOrders: 2 })
      })
    )
  )

  for (const list of ["open", "closed"] as const)
    it.scoped(`finds an order of unknown outcome by its cl_ord_id among the ${list} ones`, () =>
      withAgent(({ open, readBack, write }, lists) =>
        Effect.gen(function* () {
          const seq = yield* write([buy("c1")], { is: "unknown" })
          yield* write([buy("c2")], { is: "unknown" })
          lists[list][one] = row("0.004", { cl_ord_id: "c1", ...(list === "closed" && ended("canceled")) })
          yield* readBack()
          const left = yield* open
          if (list === "closed")
            assert.notInclude(
              left.map(({ seq }) => seq),
              seq
            )
          else assert.deepInclude(left[0], { seq, txid: one, paid: "200.8" })
          assert.isUndefined(left.at(-1)?.txid)
        })
      )
    )

  const others: ReadonlyArray<readonly [string, object]> = [
    ["was opened long before", { opentm: start - 61 }],
    ["is of the other side", sale],
    ["is of another pair", { descr: { pair: "ETHUSD", type: "buy" } }],
    ["has another id", { cl_ord_id: "c3" }]
  ]
  for (const [what, more] of others)
    it.scoped(`does not take an order for one of unknown outcome that ${what}`, () =>
      withAgent(({ open, readBack, write }, lists) =>
        Effect.gen(function* () {
          yield* write([buy("c1")], { is: "unknown" })
          lists.closed[one] = row("0", { cl_ord_id: "c1", ...ended("canceled"), ...more })
          yield* readBack()
          assert.lengthOf(yield* open, 1)
        })
      )
    )

  it.scoped("does not take one of two orders with the same id, or one that another write made", () =>
    withAgent(({ open, readBack, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.closed[one] = row("0", { cl_ord_id: "c1", ...ended("canceled") })
        yield* readBack()
        yield* write([buy("c1")], { is: "unknown" })
        yield* readBack()
        assert.lengthOf(yield* open, 1)
        lists.closed[two] = row("0", { cl_ord_id: "c1", ...ended("canceled") })
        lists.closed[three] = row("0", { cl_ord_id: "c1", ...ended("canceled") })
        yield* readBack()
        assert.lengthOf(yield* open, 1)
      })
    )
  )

  it.scoped("looks for an order that QueryOrders leaves out in the lists", () =>
    withAgent(({ readBack, used, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.closed[one] = row("0.004", { cl_ord_id: "c1", ...ended("canceled") })
        lists.leftOut.add(one)
        yield* readBack()
        assert.deepInclude(yield* used, { day: "200.8", openOrders: 0 })
        assert.deepStrictEqual(endpointsOf(lists), ["QueryOrders", "OpenOrders", "ClosedOrders"])
      })
    )
  )

  it.scoped("looks among the trades for an order that Kraken does not list any more", () =>
    withAgent(({ open, readBack, used, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.trades["T1"] = { ordertxid: one, time: start + 5, vol: "0.004", cost: "200", fee: "0.8" }
        yield* readBack()
        assert.lengthOf(yield* open, 1)
        lists.trades["T2"] = { ordertxid: one, time: start + 9, vol: "0.006", cost: "300", fee: "1.2" }
        lists.trades["T3"] = { ordertxid: two, time: start + 9, vol: "0.006", cost: "300", fee: "1.2" }
        yield* readBack()
        assert.deepInclude(yield* used, { day: "502", openOrders: 0 })
      })
    )
  )

  it.scoped("shows the proceeds of a sale less its fee", () =>
    withAgent(({ readBack, used, write }, lists) =>
      Effect.gen(function* () {
        const order = {
          index: 0,
          cl_ord_id: "c2",
          pair: "BTC/USD",
          type: "sell",
          volume: "0.004",
          reduces: true
        } as const
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.closed[one] = row("0.01", ended("closed"))
        yield* readBack()
        yield* write([saleOf("0.004", { order })], { is: "happened", ids: [two] })
        lists.closed[two] = row("0.004", { ...sale, ...ended("closed"), cost: "210", fee: "0.84" })
        yield* readBack()
        assert.deepStrictEqual(yield* used, { day: "502", openOrders: 0, owned: { BTC: "0.006", USD: "209.16" } })
      })
    )
  )

  it.scoped("counts each fill of an order that rested by its own time", () =>
    withAgent(({ readBack, used, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        const day = 86_400
        const closed = { ...ended("closed", start + 2 * day), trades: ["T1", "T2"] }
        lists.closed[one] = row("0.01", closed)
        lists.trades["T1"] = { ordertxid: one, time: start + 60, vol: "0.004", cost: "200", fee: "0.8" }
        lists.trades["T2"] = { ordertxid: one, time: start + 2 * day, vol: "0.006", cost: "300", fee: "1.2" }
        yield* TestClock.adjust("2 days")
        yield* readBack()
        assert.deepInclude(yield* used, { day: "301.2" })
        assert.deepInclude(lists.reads.at(-1), { endpoint: "private/QueryTrades", params: { txid: "T1,T2" } })
      })
    )
  )

  it.scoped("counts an order whose fills Kraken does not show by its end", () =>
    withAgent(({ readBack, used, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.closed[one] = row("0.01", { ...ended("closed", start + 172_800), trades: ["T1", "T2"] })
        yield* TestClock.adjust("2 days")
        yield* readBack()
        assert.deepInclude(yield* used, { day: "502", openOrders: 0 })
      })
    )
  )

  describe("with the orders that fills made", () => {
    /** A buy of 0.01 BTC whose fills make sales. */
    const withClose = [
      buy("c1"),
      saleOf("0.01", {
        parent: 0,
        order: { index: 0, pair: "BTC/USD", type: "sell", volume: "0.01", reduces: true }
      })
    ]
    const child = (volume: string, filled: string, more: object = {}) =>
      row(filled, { ...sale, refid: one, vol: volume, ...more })

    it.scoped("adds them up until all of them have ended", () =>
      withAgent(({ open, readBack, used, write }, lists) =>
        Effect.gen(function* () {
          yield* write(withClose, { is: "happened", ids: [one] })
          lists.closed[one] = row("0.01", ended("closed"))
          lists.open[two] = child("0.004", "0")
          lists.open[three] = child("0.006", "0.001")
          yield* readBack()
          assert.deepInclude((yield* open)[0], { n: 1, open: 2, paid: "0.001", got: "49.8" })
          assert.deepStrictEqual(endpointsOf(lists), ["QueryOrders", "OpenOrders"])
          delete lists.open[two]
          lists.closed[two] = child("0.004", "0.004", ended("closed"))
          yield* readBack()
          assert.deepInclude((yield* open)[0], { n: 1, open: 1, paid: "0.005" })
          delete lists.open[three]
          lists.closed[three] = child("0.006", "0.002", ended("canceled"))
          yield* readBack()
          assert.deepStrictEqual(yield* open, [])
          assert.deepInclude(yield* used, { day: "502", openOrders: 0, owned: { BTC: "0.004", USD: "298.8" } })
        })
      )
    )

    it.scoped("waits for one that is not listed yet, in pages of fifty", () =>
      withAgent(({ open, readBack, write }, lists) =>
        Effect.gen(function* () {
          yield* write(withClose, { is: "happened", ids: [one] })
          lists.closed[one] = row("0.01", ended("closed"))
          for (let i = 0; i < 60; i++) lists.closed[`O${i}`] = row("0", ended("canceled"))
          lists.closed[two] = child("0.004", "0.004", ended("closed"))
          yield* readBack()
          assert.deepInclude((yield* open)[0], { n: 1, open: 0, paid: "0.004" })
          lists.closed[three] = child("0.006", "0.006", ended("closed"))
          yield* readBack()
          assert.deepStrictEqual(yield* open, [])
        })
      )
    )

    it.scoped("ends with an order that was never filled", () =>
      withAgent(({ open, readBack, write }, lists) =>
        Effect.gen(function* () {
          yield* write(withClose, { is: "happened", ids: [one] })
          lists.closed[one] = row("0", ended("canceled"))
          yield* readBack()
          assert.deepStrictEqual(yield* open, [])
          assert.deepStrictEqual(endpointsOf(lists), ["QueryOrders"])
        })
      )
    )
  })

  describe("before a write is refused", () => {
    const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "50000" }
    const ids = Array.from({ length: 9 }, (_, n) => `OAAAAA-BBBBB-CCCCC${n}`)
    const readOf = ({ reads }: Lists) =>
      reads.flatMap(({ endpoint, params }) => (endpoint === "private/QueryOrders" ? [String(params["txid"])] : []))
    /** Nine open orders, which leave 482 USD of the day, less than another one can take. */
    const fillDay = ({ write }: Effect.Effect.Success<ReturnType<typeof makeAgent>>, lists: Lists) =>
      Effect.forEach(ids, (id) => {
        lists.open[id] = row("0")
        return write([buy(id.toLowerCase())], { is: "happened", ids: [id] })
      })

    it.scoped("reads only the orders that cancels have named, if these make room", () =>
      withAgent((agent, lists) =>
        Effect.gen(function* () {
          yield* fillDay(agent, lists)
          const [first = "", second = "", third = ""] = ids
          yield* agent.guard("private/CancelOrder", { txid: first })
          yield* agent.guard("private/CancelOrderBatch", { orders: [second], cl_ord_ids: [third.toLowerCase()] })
          for (const id of [first, second, third]) {
            delete lists.open[id]
            lists.closed[id] = row("0", ended("canceled"))
          }
          yield* agent.guard("private/AddOrder", order)
          assert.deepStrictEqual(readOf(lists), [[first, second, third].join(",")])
          assert.deepInclude(yield* agent.used, { day: "3012", openOrders: 6 })
        })
      )
    )

    it.scoped("reads all of them if a cancel has made none, and does not read that order first again", () =>
      withAgent((agent, lists) =>
        Effect.gen(function* () {
          yield* fillDay(agent, lists)
          yield* agent.guard("private/CancelOrder", { txid: ids[0] })
          assert.deepInclude(yield* Effect.flip(agent.guard("private/AddOrder", order)), { _tag: "LimitReached" })
          assert.deepInclude(yield* Effect.flip(agent.guard("private/AddOrder", order)), { _tag: "LimitReached" })
          assert.deepStrictEqual(readOf(lists), [ids[0], ids.join(","), ids.join(",")])
        })
      )
    )

    it.scoped("leaves the room to the record once the orders that cancels have named were read", () =>
      withAgent((agent, lists) =>
        Effect.gen(function* () {
          yield* fillDay(agent, lists)
          const amounts = { asked: "502", allowed: "5000", left: "482", unit: "USD" }
          const refusal = { _tag: "Limit", layer: "mandate", limit: "max/day", ...amounts } as const
          yield* agent.guard("private/CancelOrder", { txid: ids[0] })
          const { claim } = yield* agent.guard("private/AddOrder", order, refusal)
          assert.deepStrictEqual(
            claim?.spends.map(({ asset }) => asset),
            ["USD"]
          )
          assert.deepStrictEqual(readOf(lists), [ids[0]])
          assert.deepInclude(yield* Effect.flip(agent.guard("private/AddOrder", order, refusal)), {
            _tag: "LimitReached"
          })
          assert.deepStrictEqual(readOf(lists), [ids[0], ids.join(",")])
        })
      )
    )
  })

  describe("before a sale is judged", () => {
    const order = { pair: "XBTUSD", type: "sell", ordertype: "limit", volume: "0.01", price: "50000" }
    const saleOrder = { index: 0, pair: "BTC/USD", type: "sell", volume: "0.01", reduces: true } as const
    const counted = ({ guard }: Effect.Effect.Success<ReturnType<typeof makeAgent>>) =>
      Effect.map(guard("private/AddOrder", order), ({ claim }) => claim?.spends.map(({ counts }) => counts.length))

    it.scoped("finds the coins that another call read back while the order book was read", () =>
      withAgent((agent, lists) =>
        Effect.gen(function* () {
          yield* agent.write([buy("c1")], { is: "happened", ids: [one] })
          lists.closed[one] = row("0.01", ended("closed"))
          lists.meanwhile.takes = agent.readBack()
          assert.deepStrictEqual(yield* counted(agent), [0])
        })
      )
    )

    it.scoped("finds the coins of a sale that was cancelled", () =>
      withAgent((agent, lists) =>
        Effect.gen(function* () {
          yield* agent.write([buy("c1")], { is: "happened", ids: [one] })
          lists.closed[one] = row("0.01", ended("closed"))
          yield* agent.readBack()
          yield* agent.write([saleOf("0.01", { order: { ...saleOrder, cl_ord_id: "c2" } })], {
            is: "happened",
            ids: [two]
          })
          lists.closed[two] = row("0", { ...sale, ...ended("canceled") })
          assert.deepStrictEqual(yield* counted(agent), [0])
        })
      )
    )

    it.scoped("finds the coins of a sale that a fill made and that was cancelled", () =>
      withAgent((agent, lists) =>
        Effect.gen(function* () {
          yield* agent.write([buy("c1"), saleOf("0.01", { parent: 0, order: saleOrder })], {
            is: "happened",
            ids: [one]
          })
          lists.closed[one] = row("0.01", ended("closed"))
          lists.open[two] = row("0", { ...sale, refid: one })
          yield* agent.readBack()
          delete lists.open[two]
          lists.closed[two] = row("0", { ...sale, refid: one, ...ended("canceled") })
          assert.deepStrictEqual(yield* counted(agent), [0])
        })
      )
    )

    it.scoped("counts the sale of what an open one reserves", () =>
      withAgent((agent, lists) =>
        Effect.gen(function* () {
          yield* agent.write([buy("c1")], { is: "happened", ids: [one] })
          lists.closed[one] = row("0.01", ended("closed"))
          yield* agent.readBack()
          yield* agent.write([saleOf("0.01", { order: { ...saleOrder, cl_ord_id: "c2" } })], {
            is: "happened",
            ids: [two]
          })
          lists.open[two] = row("0", sale)
          assert.deepStrictEqual(yield* counted(agent), [1])
        })
      )
    )
  })

  describe("by a key", () => {
    const withoutClosed = { permissions: classicPermissions.filter((name) => name !== "query-closed-trades") }

    it.scoped(
      "that can't read closed orders serves cancels and sales of what was bought, but nothing that counts",
      () =>
        withAgent(
          ({ guard, record, asAgent, write }) =>
            Effect.gen(function* () {
              const seq = yield* write([buy("c1")], { is: "happened", ids: [one] })
              const filled = { intent: seq, n: 0, txid: one, paid: [], got: "0.01", open: 0, closed: true }
              yield* asAgent(record.filled([filled]))
              const order = { pair: "XBTUSD", ordertype: "limit", volume: "0.01", price: "50000" }
              const error = yield* Effect.flip(guard("private/AddOrder", { ...order, type: "buy" }))
              assert.deepInclude(error, { _tag: "KrakenPrecheckFailed", endpoint: "private/AddOrder" })
              const { claim } = yield* guard("private/AddOrder", { ...order, type: "sell" })
              assert.deepInclude(claim?.spends[0], { asset: "BTC", counts: [] })
              assert.deepInclude(yield* guard("private/CancelOrder", { txid: one }), { params: { txid: one } })
            }),
          withoutClosed
        )
    )

    for (const lacking of ["query-open-trades", "query-closed-trades"] as const)
      it.scoped(`without ${lacking} is refused`, () =>
        withAgent(
          ({ readBack }, { reads }) =>
            Effect.gen(function* () {
              const error = yield* Effect.flip(readBack())
              assert.deepInclude(error, { _tag: "KrakenPrecheckFailed", endpoint: "private/AddOrder" })
              assert.include(error.message, lacking)
              assert.deepStrictEqual(reads, [])
            }),
          { permissions: classicPermissions.filter((name) => name !== lacking) }
        )
      )
  })

  it.scoped("refuses a write if Kraken's answer is unreadable", () =>
    withAgent(({ readBack, write }, lists) =>
      Effect.gen(function* () {
        yield* write([buy("c1")], { is: "happened", ids: [one] })
        lists.open[one] = { status: 7 }
        assert.strictEqual((yield* Effect.flip(readBack()))._tag, "KrakenPrecheckFailed")
      })
    )
  )
})

import { assert, inject, it } from "@effect/vitest"
import { Array, Console, Effect } from "effect"
import { runs } from "../Property.ts"
import { campaign, randomFrom, type Report } from "./campaign.ts"

/** The servers of each home, which share its state folder. Each home has an exchange of its own. */
const homes = [1, 1, 2, 2] as const

/** Starting, killing and settling takes its time on a busy machine. */
const unlimited = 0

/** Checks the record against the exchange: all that it has carried out is recorded, and the other way round. */
const check = ({ done, log, open, record }: Report) => {
  assert.strictEqual(open, 0, `writes are still open:\n${log}`)
  const happened = new Map(record.flatMap(({ ids, ...row }) => ids.map((id) => [id, row] as const)))
  const orders = record.filter(({ endpoint }) => endpoint === "private/AddOrder")
  for (const { amount, clientId, id } of done) {
    if (clientId === undefined) continue
    const own = orders.filter(({ request }) => request["cl_ord_id"] === clientId)
    assert.lengthOf(own, 1, `order ${id} is not in the record`)
    assert.strictEqual(Number(own[0]?.request["volume"]), Number(amount))
    assert.strictEqual(own[0]?.state, "happened", `order ${id} is ${own[0]?.state}:\n${log}`)
    assert.isTrue(happened.has(id), `order ${id}`)
  }
  const ids = done.map(({ id }) => id)
  const isDone = new Set(ids)
  for (const { endpoint, ids, state } of record) {
    if (endpoint !== "private/AddOrder" && endpoint !== "private/Withdraw") continue
    if (state === "happened") for (const id of ids) assert.isTrue(isDone.has(id), `${id} is on no list`)
    // An order is decided by its deadline. Only of a withdrawal it can stay unknown that it never arrived.
    if (endpoint === "private/AddOrder") assert.notStrictEqual(state, "unknown", log)
  }
  // Withdrawals have no client's id here. Every call asks for another amount, and an equal one is refused for ten minutes.
  const withdrawn = done.flatMap(({ amount, clientId }) => (clientId === undefined ? [amount] : []))
  assert.strictEqual(new Set(withdrawn).size, withdrawn.length, `withdrawn twice: ${withdrawn.join()}`)
  // A caller who has lost an answer makes the call again. Within two seconds of its end that is a duplicate.
  for (const [amount, same] of Object.entries(Array.groupBy(orders, ({ request }) => String(request["volume"])))) {
    const happened = same.filter(({ state }) => state === "happened").toSorted((a, b) => a.seq - b.seq)
    happened.slice(1).forEach(({ at }, n) => assert.isAtLeast(at - (happened[n]?.decidedAt ?? Infinity), 2000, amount))
  }
}

const figures = (reports: ReadonlyArray<Report>) => {
  const record = reports.flatMap(({ record }) => record)
  const count = (state: string) => record.filter((row) => row.state === state).length
  const sum = (of: (report: Report) => number) => reports.reduce((total, report) => total + of(report), 0)
  return [
    `${sum(({ kills }) => kills)} kills`,
    `${sum(({ calls }) => calls)} calls, ${sum(({ answered }) => answered)} answered before the kill`,
    `${record.length} recorded: ${count("happened")} happened, ${count("did-not-happen")} did not, ${count("unknown")} unknown`,
    `${sum(({ done }) => done.length)} done at the exchange`
  ].join("; ")
}

it.live(
  "servers that are killed at random moments lose no write and make none twice, one or two at a time on a state folder",
  () =>
    Effect.gen(function* () {
      const kills = Math.ceil(runs(20) / homes.length)
      const seed = inject("propertySeed")
      const reports = yield* Effect.forEach(
        homes,
        (processes, home) => campaign({ kills, processes, random: randomFrom(seed * 100 + home) }),
        { concurrency: homes.length }
      )
      yield* Console.log(figures(reports))
      for (const report of reports) check(report)
    }),
  unlimited
)

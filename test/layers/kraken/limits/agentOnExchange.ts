import { Clock, Effect } from "effect"
import { join } from "node:path"
import type { Mandate } from "../../../../src/domain/mandates/mandate.ts"
import { handle } from "../../../../src/exchange/commands/handle.ts"
import { append } from "../../../../src/layers/access/record/append.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../../src/layers/access/record/recordFile.ts"
import { openImmediateDatabase } from "../../../../src/layers/storage/immediateDatabase.ts"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { makeVirtualClock } from "../../../doubles/fake/VirtualClock.ts"
import type { Json } from "../../../doubles/TestExchange.ts"
import type { Prices } from "../../../doubles/TestMarket.ts"
import { makeExchange, saveMandate, start, subject } from "../../../doubles/LimitedAgent.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

/** Makes an agent under a mandate, on a simulated Kraken in this process that others use as well. */
const makeAgent = Effect.fnUntraced(function* (
  terms: Mandate,
  prices: Prices,
  setWall: (by: number) => Effect.Effect<void>
) {
  const world = makeExchange(prices)
  const { rest } = world
  const x = rest.exchange
  rest.ahead = x.now - (yield* Clock.currentTimeMillis)
  // Deadlines are judged by Kraken's clock, so ours begins with the same time.
  yield* setWall(rest.ahead)
  const folder = yield* temporaryFolder
  yield* saveMandate(folder, terms)
  const process = yield* start(world, folder, terms)
  /** Makes a call that bypasses the agent. */
  const direct = (endpoint: string, params: object): Effect.Effect<Json> =>
    Effect.map(Clock.currentTimeNanos, (nanos) => {
      const then = Math.max(x.now, Number(nanos / 1_000_000n) + rest.ahead)
      const answer = handle(x, { endpoint, params: { ...params }, account: "ann", now: then })
      if ("errors" in answer) throw new Error(answer.errors.join())
      return answer.result
    })
  const send = (endpoint: WriteEndpoint, params: Params) => process.asAgent(process.writer.send(endpoint, params))
  return {
    rest,
    send,
    record: process.record,
    asAgent: process.asAgent,
    direct,
    /** Places an order of the agent and returns its id. */
    place: (params: Params) =>
      Effect.map(send("private/AddOrder", { pair: "XBTUSD", ...params }), ({ result }) =>
        String(Object(result).txid[0])
      ),
    /** Places an order of another program on the account and returns its id. */
    placeOther: (params: Params) =>
      Effect.map(direct("private/AddOrder", { pair: "XBTUSD", ...params }), ({ txid }) => String(txid[0])),
    /** The ids of all open orders of the account. */
    open: Effect.map(direct("private/OpenOrders", {}), ({ open }) => Object.keys(open)),
    freeze: Effect.scoped(
      Effect.gen(function* () {
        const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
        yield* db.write(({ wall }) =>
          append({ kind: "freeze", at: wall, actor: { id: "local" }, subject, frozen: true })
        )
      })
    ),
    /** The writes of the agent in the record, oldest first. */
    activity: Effect.map(process.asAgent(process.record.activity({ limit: 100 })), (rows) => rows.toReversed()),
    usage: process.asAgent(process.record.usage({}))
  }
})

export type Agent = Effect.Effect.Success<ReturnType<typeof makeAgent>>

/** Runs a test with an agent on a simulated Kraken, on a clock that jumps over waits. */
export const withAgent = <A, E>(
  { prices = [[0, "50000"]], terms }: { readonly terms: Mandate; readonly prices?: Prices },
  test: (agent: Agent) => Effect.Effect<A, E>
): Promise<A> => {
  const { run, setWall } = makeVirtualClock()
  return run(Effect.scoped(Effect.flatMap(makeAgent(terms, prices, setWall), test)))
}

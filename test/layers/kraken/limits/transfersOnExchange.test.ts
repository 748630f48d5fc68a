import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Either } from "effect"
import { makeMandate } from "../../../../src/domain/mandates/terms.ts"
import { makeVirtualClock } from "../../../doubles/fake/VirtualClock.ts"
import { agentOf, makeExchange, saveMandate, start } from "../../../doubles/LimitedAgent.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const hour = 3_600_000

describe("withdrawals under a limit of 200 dollars a day", () => {
  it.each([0, 1.1, 25])("count for a day on a clock that is %d hours behind Kraken's", (behind) => {
    const { run, ...clock } = makeVirtualClock()
    return run(
      Effect.scoped(
        Effect.gen(function* () {
          const world = makeExchange([[0, "50000"]])
          world.rest.ahead = world.rest.exchange.now - (yield* Clock.currentTimeMillis)
          yield* clock.setWall(world.rest.ahead)
          const terms = Either.getOrThrow(
            makeMandate({
              access: ["full"],
              max: ["200USD/order", "200USD/day"],
              withdraw: ["usd-bank-1=200USD/day"],
              ask: ["none"]
            })
          )
          const folder = yield* temporaryFolder
          yield* saveMandate(folder, terms)
          const { as, writer } = yield* start(world, folder, terms)
          const withdraw = (amount: string) =>
            writer
              .send("private/Withdraw", { asset: "USD", key: "usd-bank-1", amount })
              .pipe(Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: () => "sent" }), as(agentOf(terms)))
          const ends = [yield* withdraw("20")]
          yield* clock.setWall(-behind * hour)
          yield* Effect.sleep("3 seconds")
          for (const amount of ["171", "172", "173"]) {
            ends.push(yield* withdraw(amount))
            yield* Effect.sleep("20 seconds")
          }
          assert.deepStrictEqual(ends, ["sent", "sent", "LimitReached", "LimitReached"])
        })
      )
    )
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Logger, LogLevel, Option, Redacted, TestClock } from "effect"
import { PanicOnRequest } from "../../../../../src/layers/kraken/writes/panic/PanicOnRequest.ts"
import { askServers, readWork } from "../../../../../src/layers/kraken/writes/panic/panicFiles.ts"
import type { PanicOptions } from "../../../../../src/layers/kraken/writes/panic/panicReport.ts"
import { KrakenClient } from "../../../../../src/services/KrakenClient.ts"
import { type Notice, Notifier } from "../../../../../src/services/Notifier.ts"
import { Record } from "../../../../../src/services/Record.ts"
import { TestConfig } from "../../../../doubles/TestConfig.ts"
import { temporaryFolder } from "../../../../temporaryFolder.ts"

describe("PanicOnRequest", () => {
  it.scoped("tells the operator of each stop once", () =>
    Effect.gen(function* () {
      const stateDir = yield* temporaryFolder
      const notices: Array<Notice> = []
      let since: number | undefined = undefined
      const record = Layer.mock(Record, {
        stop: Effect.sync(() => (since === undefined ? Option.none() : Option.some({ since, by: "local", seq: 1 })))
      })
      const notify = (notice: Notice) => Effect.sync(() => void notices.push(notice))
      yield* Layer.build(
        PanicOnRequest.pipe(
          Layer.provide([
            record,
            Layer.mock(KrakenClient, {}),
            TestConfig({ stateDir }),
            Layer.succeed(Notifier, { isSilent: false, notify }),
            Logger.minimumLogLevel(LogLevel.None)
          ])
        )
      )
      const seconds = (count: number) => Effect.repeatN(TestClock.adjust("1 second"), count - 1)
      yield* seconds(3)
      assert.deepStrictEqual(notices, [])
      since = 1_790_000_000_000
      yield* seconds(3)
      assert.deepStrictEqual(notices, [{ _tag: "Stopped", by: "local" }])
      since = undefined
      yield* seconds(3)
      since = 1_790_000_100_000
      yield* seconds(3)
      assert.lengthOf(notices, 2)
    })
  )

  it.scoped("works on a second request while the first one waits for Kraken", () =>
    Effect.gen(function* () {
      const stateDir = yield* temporaryFolder
      const secret = Redacted.make("secret")
      const credentials = Option.some({ key: Redacted.make("key"), secret, otp: Option.none() })
      yield* Layer.build(
        PanicOnRequest.pipe(
          Layer.provide([
            Layer.mock(Record, { stop: Effect.succeedSome({ since: 1_790_000_000_000, by: "local", seq: 1 }) }),
            Layer.mock(KrakenClient, { read: () => Effect.never, write: () => Effect.never }),
            TestConfig({ stateDir, credentials }),
            Layer.succeed(Notifier, { isSilent: false, notify: () => Effect.void }),
            Logger.minimumLogLevel(LogLevel.None)
          ])
        )
      )
      const options: PanicOptions = { scope: "all", keepStops: false, withdrawals: "list" }
      const ask = Effect.flatMap(Clock.currentTimeMillis, (now) => askServers(stateDir, now, options))
      for (const id of [yield* ask, yield* ask]) {
        yield* Effect.repeatN(TestClock.adjust("1 second"), 2)
        assert.strictEqual((yield* readWork(stateDir, id)).working, 1)
      }
    })
  )
})

import { assert, it } from "@effect/vitest"
import { Effect, Exit, Logger } from "effect"
import { InternalError } from "../../../src/layers/process/InternalError.ts"
import { load } from "../../../src/layers/process/load.ts"

it.effect("a missing part of the program fails with a sentence, and the cause is in the log", () =>
  Effect.gen(function* () {
    const logged: Array<string> = []
    const log = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.logfmtLogger, (line) => void logged.push(line))
    )
    const exit = yield* Effect.exit(
      Effect.provide(
        load(() => Promise.reject(new Error("no product.mjs"))),
        log
      )
    )
    assert.deepStrictEqual(
      Exit.mapError(exit, (error) => error instanceof InternalError),
      Exit.fail(true)
    )
    assert.include(logged.join(), "no product.mjs")
  })
)

it.effect("a part of the program is returned once it is loaded", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* load(() => Promise.resolve(1)), 1)
  })
)

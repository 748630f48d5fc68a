// Runs the official conformance suite against our HTTP listener, once for each of two protocol revisions.
//
//   npm run conformance              both revisions
//   npm run conformance -- REVISION  one of them
import { Console, Effect, Logger, LogLevel } from "effect"
import { argv, exit } from "node:process"
import { referee } from "./referee.ts"
import { serveFixtures } from "./serve.ts"

const revisions = argv.length > 2 ? argv.slice(2) : ["2025-11-25", "2026-07-28"]

const program = Effect.gen(function* () {
  const url = yield* serveFixtures
  return yield* Effect.forEach(revisions, (revision) =>
    Effect.gen(function* () {
      const { code, output } = yield* referee(url, revision)
      yield* Console.log(output)
      return code
    })
  )
}).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.Warning))

const codes = await Effect.runPromise(program)
exit(Math.max(...codes))

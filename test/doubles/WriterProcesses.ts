import { Context, Effect, Exit, Layer, Option, Redacted, Scope } from "effect"
import { join } from "node:path"
import { layout } from "../../src/layers/access/record/layout.ts"
import { recordFile } from "../../src/layers/access/record/recordFile.ts"
import { RecordSql } from "../../src/layers/access/record/RecordSql.ts"
import { openImmediateDatabase } from "../../src/layers/storage/immediateDatabase.ts"
import { KrakenWriter } from "../../src/services/KrakenWriter.ts"
import { Record } from "../../src/services/Record.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { TestConfig } from "./TestConfig.ts"
import { testOperator } from "./TestPrincipal.ts"
import { Principal } from "../../src/services/Principal.ts"
import type { account } from "./WriterAccount.ts"

/** A state folder, and processes that share the record in it. Each is a writer with a record service of its own. */
export const makeProcesses = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const file = join(folder, recordFile)
  // Opened once, so that no process waits for its file: waiting passes no time of a test clock.
  yield* Effect.scoped(openImmediateDatabase({ file, layout }))
  const credentials = Option.some({ key: Redacted.make("a key"), secret: Redacted.make(""), otp: Option.none() })
  const record = Layer.fresh(RecordSql).pipe(
    Layer.provide(TestConfig({ stateDir: folder, credentials })),
    Layer.tap((context) => Context.get(context, Record).outcome(0))
  )

  /**
   * Starts a process. `crash` closes its record, as the end of the process would: no lease is renewed, no outcome is
   * recorded. Its fibers do not end, since nothing tells the writer of a crash. `stop` ends it in order.
   */
  const start = Effect.fnUntraced(function* (kraken: Pick<ReturnType<typeof account>, "on">) {
    const recordScope = yield* Scope.make()
    const service = Context.get(yield* Layer.buildWithScope(record, recordScope), Record)
    const writerScope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(kraken.on(Layer.succeed(Record, service)), writerScope)
    const writer = Context.get(context, KrakenWriter)
    const operated = Effect.provideService(Principal, testOperator)
    return {
      record: service,
      send: (...call: Parameters<typeof writer.send>) => operated(writer.send(...call)),
      activity: operated(service.activity({ limit: 100 })),
      crash: Scope.close(recordScope, Exit.void),
      stop: Effect.zipRight(Scope.close(writerScope, Exit.void), Scope.close(recordScope, Exit.void))
    }
  })

  return { folder, file, record, start }
})

import { Context, Effect, Layer, Logger, LogLevel, Option } from "effect"
import { writeSync } from "node:fs"
import process from "node:process"
import { RecordSql } from "../../../../src/layers/access/record/RecordSql.ts"
import { Record } from "../../../../src/services/Record.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"
import { happened, order } from "./records.ts"

/**
 * Writes to the record in the folder of the first argument until it is killed, and prints the number of each intent and
 * the receipt of each outcome once they are recorded. The second argument tells the writes of two processes apart.
 */
const [, , stateDir = "", name = ""] = process.argv

const program = Effect.gen(function* () {
  const live = RecordSql.pipe(Layer.provide(TestConfig({ stateDir, mode: "paper" })))
  const record = Context.get(yield* Layer.build(live), Record)
  for (let n = 0; ; n++) {
    const id = `${name} ${process.pid} ${n}`
    const admission = yield* record.begin({ ...order, identity: id, params: { id } }, { repeat: false })
    if (admission._tag !== "Begun") return yield* Effect.dieMessage(admission._tag)
    writeSync(1, `begun ${admission.intent.seq} ${id}\n`)
    const receipt = yield* record.end(admission.intent, { ...happened, ids: [id] })
    writeSync(1, `ended ${admission.intent.seq} ${Option.getOrElse(receipt, () => "nothing")}\n`)
  }
})

Effect.runFork(
  program.pipe(
    Effect.scoped,
    Effect.provideService(Principal, testOperator),
    Logger.withMinimumLogLevel(LogLevel.Error)
  )
)

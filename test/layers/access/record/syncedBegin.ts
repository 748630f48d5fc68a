import { Context, Effect, Layer } from "effect"
import { writeSync } from "node:fs"
import process from "node:process"
import { RecordSql } from "../../../../src/layers/access/record/RecordSql.ts"
import { Record } from "../../../../src/services/Record.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"
import { order } from "./records.ts"

/**
 * Begins one write in the folder of the first argument, and prints a line before and after. `syncedBegin.test.ts` traces
 * its system calls.
 */
const program = Effect.gen(function* () {
  const live = RecordSql.pipe(Layer.provide(TestConfig({ stateDir: process.argv[2] ?? "", mode: "paper" })))
  const record = Context.get(yield* Layer.build(live), Record)
  // Opens the file, so that only the intent is written between the lines.
  yield* record.begin({ ...order, identity: "first" }, { repeat: false })
  writeSync(1, "asked\n")
  yield* record.begin(order, { repeat: false })
  writeSync(1, "begun\n")
})

Effect.runFork(program.pipe(Effect.scoped, Effect.provideService(Principal, testOperator)))

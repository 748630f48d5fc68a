import { Effect, Layer, Logger, LogLevel } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CallBudgetSql } from "../src/layers/access/CallBudgetSql.ts"
import { PolicyIntersecting } from "../src/layers/access/PolicyIntersecting.ts"
import { CallBudget } from "../src/services/CallBudget.ts"
import { PermissionCache } from "../src/services/PermissionCache.ts"
import { Policy } from "../src/services/Policy.ts"
import { Principal } from "../src/services/Principal.ts"
import { tools } from "../src/tools/toolsets.ts"
import { TestConfig } from "../test/doubles/TestConfig.ts"
import { limitedBearer } from "../test/doubles/TestMandate.ts"
import { bearerOf, type TestPrincipal } from "../test/doubles/TestPrincipal.ts"
import { authorizations, rounds } from "./settings.ts"
import { number, print, table } from "./table.ts"

const toolNamed = (name: string) => {
  const tool = tools.get(name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return tool
}

/** The checks of one read before its names are resolved. */
const read = Effect.gen(function* () {
  const tool = toolNamed("get_account_balance")
  const [budget, policy] = [yield* CallBudget, yield* Policy]
  yield* budget.count({ name: tool.name, exempt: false })
  yield* policy.admit(tool)
  yield* policy.authorize({ ...tool, reads: true })
})

const callers: Readonly<Record<string, TestPrincipal>> = {
  "no mandate": bearerOf("aabbccddeeff"),
  "a mandate": limitedBearer({ access: "trade", toolsets: ["market", "account", "trading"] }),
  "a mandate that limits calls": limitedBearer({
    access: "trade",
    toolsets: ["market", "account", "trading"],
    calls: { min: 1e9, hour: 1e9, day: 1e9 }
  })
}

/** Measures the time that the policy and the limit of calls take for a read, without a mandate and with one. */
export const policy = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-"))
  const services = Layer.merge(PolicyIntersecting, CallBudgetSql).pipe(
    Layer.provide([
      TestConfig({ stateDir: folder }),
      Layer.succeed(PermissionCache, {
        require: () => Effect.void,
        explain: Effect.succeed,
        known: Effect.succeedNone,
        store: () => Effect.void,
        refresh: Effect.never
      })
    ])
  )
  const many = Effect.forEach(Array.from({ length: authorizations }), () => read, { discard: true })
  const timed = Effect.suspend(() => {
    const before = performance.now()
    return Effect.map(many, () => ((performance.now() - before) / authorizations) * 1000)
  })
  const measured = Effect.forEach(Object.entries(callers), ([name, caller]) =>
    Effect.zipRight(many, Effect.replicateEffect(timed, rounds)).pipe(
      Effect.provideService(Principal, caller),
      Effect.map((times) => [name, Math.min(...times)] as const)
    )
  )
  try {
    const times = await Effect.runPromise(
      Effect.scoped(Effect.flatMap(Layer.build(services), (built) => Effect.provide(measured, built))).pipe(
        Logger.withMinimumLogLevel(LogLevel.Warning)
      )
    )
    const base = times[0]?.[1] ?? 0
    print(
      table(
        "10. What a read pays before its names are resolved",
        ["the caller has", "µs", "µs more"],
        times.map(([name, time]) => [name, number(time, 2), number(time - base, 2)])
      )
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

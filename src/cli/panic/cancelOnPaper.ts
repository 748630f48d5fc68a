import { Effect, Either } from "effect"
import { join } from "node:path"
import type { Authority } from "../../layers/access/record/authority.ts"
import { recentKeys } from "../../layers/kraken/writes/panic/recordOfPanic.ts"
import { load } from "../../layers/process/load.ts"
import type { EmergencySettings } from "../../layers/settings/emergency.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { Config } from "../../services/Config.ts"
import { isMissing } from "../kit/isMissing.ts"
import { type CommonParts, panicOnAccount, type Worked } from "./panicOnAccount.ts"

/** Cancels the orders of all simulated accounts of the state folder. Real orders of its record are a problem. */
export const cancelOnPaper = Effect.fnUntraced(function* (common: CommonParts, settings: EmergencySettings) {
  const { stateDir } = common
  const real = yield* realOrderProblems(common.authority)
  if (isMissing(join(stateDir, "paper.db"))) return { reports: [], problems: real } satisfies Worked
  const config = settings.config(Needs.paper)
  if (Either.isLeft(config)) return { reports: [], problems: [...real, config.left.message] } satisfies Worked
  const worked = yield* Effect.provideService(cancelOnAccounts(common), Config, config.right)
  return { ...worked, problems: [...real, ...worked.problems] } satisfies Worked
})

/** Finds real orders that a stop of simulated accounts leaves alone. */
const realOrderProblems = Effect.fnUntraced(function* (authority: Authority) {
  const keys = yield* recentKeys(authority)
  if (Either.isLeft(keys))
    return keys.left === undefined ? [] : [`It is not known if real orders were placed lately: ${keys.left}`]
  return keys.right.length === 0
    ? []
    : [
        "Only simulated accounts were looked at, and the record has real writes of late: run it with MCP_KRAKEN_MODE=live."
      ]
})

const cancelOnAccounts = Effect.fnUntraced(function* (common: CommonParts) {
  const { accountsOn, paperCalls } = yield* load(() => import("./paperCalls.ts"))
  const all = yield* Effect.either(Effect.flatMap(accountsOn("synthetic"), ({ list }) => list))
  if (Either.isLeft(all)) return { reports: [], problems: [all.left.message] } satisfies Worked
  const worked = yield* Effect.forEach(all.right, ({ account, market }) =>
    Effect.either(
      Effect.flatMap(accountsOn(market === "live" ? "live" : "synthetic"), (accounts) =>
        panicOnAccount(common, account, paperCalls(accounts, account), "paper", account)
      )
    )
  )
  return {
    reports: worked.flatMap((one) => (Either.isRight(one) ? [one.right] : [])),
    problems: worked.flatMap((one) => (Either.isLeft(one) ? [one.left.message] : []))
  } satisfies Worked
}, Effect.scoped)

import { Effect, Layer, Option } from "effect"
import { Config } from "../../../services/Config.ts"
import { hashOf } from "../nonces/laneFile.ts"
import { load } from "../../process/load.ts"
import { accountLabel } from "../../metrics/accountLabel.ts"
import { RateBudgetModel } from "./RateBudgetModel.ts"

/** The budget of this process, or the one of all servers that share the key and a database. */
export const RateBudgetOfState = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { account, credentials, databaseUrl, tier } = yield* Config
    if (databaseUrl === undefined || tier === "off" || Option.isNone(credentials)) return RateBudgetModel
    const { RateBudgetPostgres } = yield* load(() => import("./RateBudgetPostgres.ts"))
    return RateBudgetPostgres(databaseUrl, hashOf(credentials.value.key), tier, accountLabel({ account }))
  })
)

import { Effect, Layer } from "effect"
import { Config } from "../../../services/Config.ts"
import type { Priority } from "../../../services/KrakenClient.ts"
import { load } from "../../process/load.ts"
import { NonceSourceInStateFolder } from "./NonceSourceSqlite.ts"

const ofState = (passing: ReadonlyArray<Priority>) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { databaseUrl, mode } = yield* Config
      if (databaseUrl === undefined || mode === "paper") return NonceSourceInStateFolder
      const { NonceSourcePostgres } = yield* load(() => import("./NonceSourcePostgres.ts"))
      return NonceSourcePostgres(databaseUrl, passing)
    })
  )

/** Nonces in the state folder, or in the database of all servers. Cancels leave without them. */
export const NonceSourceOfState = ofState(["cancel"])

/** The same for an emergency, in which reads leave without them, too: Kraken refuses what arrives out of order. */
export const NonceSourceOfEmergency = ofState(["cancel", "settlement", "read"])

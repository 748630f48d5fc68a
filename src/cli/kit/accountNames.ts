import { Effect, Either, type Option } from "effect"
import { accountsByKey, noAccountNames } from "../../layers/access/record/accountsByKey.ts"
import { emergencySettings } from "../../layers/settings/emergency.ts"
import * as Needs from "../../layers/settings/needs.ts"

/** Reads the names of the Kraken accounts by their keys. Without valid settings for them, nothing is named. */
export const accountNames = (envFile: Option.Option<string>) =>
  emergencySettings(envFile).pipe(
    Effect.map((settings) =>
      Either.match(settings.config(Needs.panicLive), { onLeft: () => noAccountNames, onRight: accountsByKey })
    ),
    Effect.orElseSucceed(() => noAccountNames)
  )

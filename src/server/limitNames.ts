import { Effect, Layer, Option, Schema } from "effect"
import type { Directory } from "../domain/assets/model.ts"
import { displayNames, nameFaults, serverDisplayNames, serverNameFaults } from "../domain/mandates/mandateNames.ts"
import { serverTerms, termFlags } from "../domain/mandates/terms.ts"
import { operator } from "../layers/access/principals.ts"
import { Config } from "../services/Config.ts"
import { Names } from "../services/Names.ts"
import { Principal } from "../services/Principal.ts"

/** Limits in the settings name currencies, assets or pairs that Kraken lacks. The server does not start. */
export class UnknownLimitNames extends Schema.TaggedError<UnknownLimitNames>()("UnknownLimitNames", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return ["Invalid limits in the settings:", ...this.problems.map((problem) => `  ${problem}`)].join("\n")
  }
}

/** The longest wait for Kraken's lists. */
const patience = "5 seconds"

/**
 * The settings with Kraken's display names in their limits. Fails if Kraken lacks a name. If Kraken's lists can't be read,
 * the names stay as they are: rules refuse what they cannot compare.
 */
export const ConfigWithLimitNames = Layer.effect(
  Config,
  Effect.gen(function* () {
    const config = yield* Config
    const { localMandate, localTerms, mode, serverLimits } = config
    if (Option.isNone(localMandate) && Option.isNone(serverLimits)) return config
    const { directory } = yield* Names
    const lists = yield* directory.pipe(
      Effect.provideService(Principal, operator(mode)),
      Effect.map(Option.liftPredicate(isComplete)),
      Effect.disconnect,
      Effect.timeoutTo({ duration: patience, onSuccess: (lists) => lists, onTimeout: () => Option.none() })
    )
    if (Option.isNone(lists)) {
      yield* Effect.logWarning(
        "Kraken's lists can't be read, so the names of currencies and pairs in limits of the settings are not checked. What they do not match is refused."
      )
      return config
    }
    const known = lists.value
    const problems = [
      ...Option.toArray(localMandate).flatMap((mandate) =>
        nameFaults(mandate, known, localTerms).map(bySetting(localSetting))
      ),
      ...Option.toArray(serverLimits).flatMap((limits) => serverNameFaults(limits, known).map(bySetting(serverSetting)))
    ]
    if (problems.length > 0) return yield* new UnknownLimitNames({ problems })
    return {
      ...config,
      localMandate: Option.map(localMandate, (mandate) => displayNames(mandate, known)),
      serverLimits: Option.map(serverLimits, (limits) => serverDisplayNames(limits, known))
    }
  })
)

const isComplete = ({ assets, pairs }: Directory): boolean => assets.length > 0 && pairs.length > 0

const localSetting = (flag: string) => termFlags.find((term) => term.flag === flag)?.setting
const serverSetting = (flag: string) => (flag === "max" ? serverTerms.max.setting : serverTerms.ask.setting)

/** Replaces the name of a limit in front of a fault by that of its setting. */
const bySetting =
  (settingOf: (flag: string) => string | undefined) =>
  (fault: string): string =>
    fault.replace(/^[a-z-]+/, (flag) => settingOf(flag) ?? flag)

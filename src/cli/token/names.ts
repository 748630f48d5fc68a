import { Console, Effect, Option } from "effect"
import type { Mandate } from "../../domain/mandates/mandate.ts"
import { displayNames, nameFaults } from "../../domain/mandates/mandateNames.ts"
import type { TermTexts } from "../../domain/mandates/terms.ts"
import { load } from "../../layers/process/load.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { UsageError } from "../kit/errors.ts"
import type { From } from "./stored.ts"

/** The longest wait for Kraken's lists. */
const patience = "5 seconds"

/**
 * Checks the names in a mandate against Kraken's public lists, and returns it with Kraken's display names. If the lists
 * can't be read, says so and returns it as it is: names are checked again when they are used.
 */
export const checkNames = Effect.fn("token.checkNames")(function* (
  mandate: Mandate,
  { envFile, terms }: { readonly terms: TermTexts } & From
) {
  const directory = yield* load(() => import("../../server/publicDirectory.ts")).pipe(
    Effect.flatMap(({ readDirectory }) => Effect.provide(readDirectory, ConfigEnv(Needs.names, envFile))),
    Effect.option,
    Effect.timeoutTo({ duration: patience, onSuccess: Option.flatten, onTimeout: () => Option.none() })
  )
  if (Option.isNone(directory)) {
    yield* Console.error(
      "Kraken's lists can't be read, so the names of currencies and pairs are not checked now. They are checked when they are used."
    )
    return mandate
  }
  const faults = nameFaults(mandate, directory.value, Object.keys(terms)).map((fault) => `--${fault}`)
  return faults.length === 0
    ? displayNames(mandate, directory.value)
    : yield* new UsageError({ message: faults.join("\n") })
})

import { Array, Effect, Either, Option } from "effect"
import { operator } from "../../layers/access/principals.ts"
import { recordKeyOf } from "../../layers/access/record/recordKey.ts"
import { krakenCalls } from "../../layers/kraken/writes/panic/panicCalls.ts"
import { panicName } from "../../layers/kraken/writes/panic/panicReport.ts"
import { recentKeys } from "../../layers/kraken/writes/panic/recordOfPanic.ts"
import { load } from "../../layers/process/load.ts"
import type { EmergencySettings } from "../../layers/settings/emergency.ts"
import { noSuchAccount } from "../../layers/settings/knownAccounts.ts"
import { settings as Settings } from "../../layers/settings/settingDefinitions.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { cancelOnPaper } from "./cancelOnPaper.ts"
import { haveServersCancel } from "./haveServersCancel.ts"
import { liveAccounts } from "./liveAccounts.ts"
import { type CommonParts, panicOnAccount, type Worked } from "./panicOnAccount.ts"

/** Cancels by what the settings give: simulated accounts, an API key, or neither. */
export const cancelOrders = Effect.fnUntraced(function* (common: CommonParts, settings: EmergencySettings) {
  if (settings.mode === "paper") return yield* cancelOnPaper(common, settings)
  const { accounts, names, problem } = liveAccounts(settings)
  const only = common.options.account
  // Without any name, running servers know the accounts.
  if (only !== undefined && names.length > 1 && !names.includes(only))
    return { reports: [], problems: [`Nothing was cancelled: ${noSuchAccount(only, names)}.`] } satisfies Worked
  const chosen = accounts.filter(({ account }) => only === undefined || account === only)
  if (!Array.isNonEmptyReadonlyArray(chosen)) {
    const without = only === undefined ? "The settings have no API key." : `The settings have no API key of ${only}.`
    return yield* haveServersCancel(common, problem === undefined ? without : `The API key can't be used: ${problem}`)
  }
  const worked = yield* cancelAtKraken(common, chosen)
  const others = yield* otherAccounts(common, accounts, settings.strangeKeyFile)
  const left = accounts.filter((account) => !chosen.includes(account)).map(({ account }) => panicName(account))
  const notes = [...others.notes, ...(left.length === 0 ? [] : [`Nothing was cancelled for ${left.join(", ")}.`])]
  return {
    reports: worked.map((report, at) => (at === 0 ? { ...report, notes: [...report.notes, ...notes] } : report)),
    problems: [...(problem === undefined ? [] : [`Not every account could be stopped. ${problem}`]), ...others.problems]
  } satisfies Worked
})

/** Cancels the orders of Kraken accounts, all at the same time. */
const cancelAtKraken = Effect.fnUntraced(function* (
  common: CommonParts,
  accounts: Array.NonEmptyReadonlyArray<typeof Config.Service>
) {
  const { PanicClient } = yield* load(() => import("../../server/panicClient.ts"))
  return yield* Effect.forEach(
    accounts,
    (config) =>
      Effect.flatMap(KrakenClient, (kraken) =>
        panicOnAccount(common, panicName(config.account), krakenCalls(kraken, operator("live")), recordKeyOf(config))
      ).pipe(Effect.provide(PanicClient), Effect.provideService(Config, config)),
    { concurrency: "unbounded" }
  )
}, Effect.scoped)

/** Finds accounts that were traded on, and that the API keys of the settings might not reach. */
const otherAccounts = Effect.fnUntraced(function* (
  { authority }: CommonParts,
  accounts: ReadonlyArray<typeof Config.Service>,
  file: Option.Option<string>
) {
  const baseUrl = accounts[0]?.baseUrl ?? Settings.baseUrl.fallback
  const known = accounts.map(recordKeyOf)
  const keys = yield* recentKeys(authority)
  const others = Either.match(keys, {
    onLeft: () => 0,
    onRight: (keys) => keys.filter((one) => !known.includes(one)).length
  })
  const named = Option.match(file, {
    onNone: () => "",
    onSome: (file) => ` If ${file} is meant, name it with --env-file.`
  })
  const isElsewhere = baseUrl !== Settings.baseUrl.fallback
  const unread = Either.isLeft(keys) && keys.left !== undefined ? keys.left : undefined
  const unknown = `It is not known if other API keys were traded with: ${unread}${named}`
  return {
    problems: [
      ...(others === 0
        ? []
        : [
            `Nothing was cancelled for ${others} other API keys of which the record has writes of late. Run it with each of them, or without a key while servers that have them run. If such a key was replaced, state rekey tells the record.${named}`
          ]),
      ...(unread !== undefined && Option.isSome(file) ? [unknown] : []),
      ...(isElsewhere && Option.isSome(file)
        ? [
            `${Settings.baseUrl.name} in ${file.value} is ${baseUrl}, so nothing was cancelled at Kraken itself.${named}`
          ]
        : [])
    ],
    notes: [
      ...(unread !== undefined && Option.isNone(file) ? [unknown] : []),
      ...(isElsewhere && Option.isNone(file)
        ? [`Calls went to ${baseUrl} (${Settings.baseUrl.name}) instead of ${Settings.baseUrl.fallback}.`]
        : [])
    ]
  }
})

import { Either, Option } from "effect"
import type { EmergencySettings } from "../../layers/settings/emergency.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { accountNamesOf, ofAccount } from "../../layers/settings/ofAccount.ts"
import type { Config } from "../../services/Config.ts"

type Settings = typeof Config.Service

/** The Kraken accounts that an emergency command reaches. */
export interface LiveAccounts {
  /** The settings of each account that has a key. */
  readonly accounts: ReadonlyArray<Settings>
  /** The names of all accounts of the settings. */
  readonly names: ReadonlyArray<string>
  /** The problem of the settings. Undefined if they are valid. */
  readonly problem: string | undefined
}

/**
 * Finds the accounts that have a key; none in paper mode. A key that is wrong does not keep those of the others from being
 * used.
 */
export const liveAccounts = (settings: EmergencySettings): LiveAccounts => {
  if (settings.mode === "paper") return { accounts: [], names: [], problem: undefined }
  const whole = settings.config(Needs.panicLive)
  if (Either.isRight(whole)) return { ...withKey(whole.right), problem: undefined }
  const problem = whole.left.message
  // A key is sent nowhere if the address is wrong.
  return Either.isRight(settings.config(Needs.panicAddress))
    ? { ...withKey(settings.partly(Needs.panicLive)), problem }
    : { accounts: [], names: [], problem }
}

const withKey = (config: Settings) => {
  const live = { ...config, mode: "live" as const }
  const names = accountNamesOf(live)
  return {
    accounts: names.map((account) => ofAccount(live, account)).filter(({ credentials }) => Option.isSome(credentials)),
    names
  }
}

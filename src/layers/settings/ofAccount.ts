import { type Array, Effect, Layer, Option } from "effect"
import { Config } from "../../services/Config.ts"
import { defaultAccount, type KrakenAccountName } from "../../services/KrakenAccount.ts"

type Settings = typeof Config.Service

/** Lists the names of the Kraken accounts of a server. */
export const accountNamesOf = ({ accounts }: Settings): Array.NonEmptyReadonlyArray<KrakenAccountName> => [
  defaultAccount,
  ...accounts.map(({ name }) => name)
]

/**
 * Returns the settings of one Kraken account: with its credentials and rate limits, and without the other accounts. The
 * unnamed pair of `config` is that of the default account.
 */
export const ofAccount = (config: Settings, account: KrakenAccountName): Settings => {
  const { credentials, tier } =
    account === defaultAccount
      ? config
      : (config.accounts.find(({ name }) => name === account) ?? { credentials: Option.none(), tier: config.tier })
  return { ...config, credentials, tier, account, accounts: [] }
}

/** The settings of the account of callers without a token. */
export const LocalAccount = Layer.effect(
  Config,
  Effect.map(Config, (config) => ofAccount(config, config.account))
)

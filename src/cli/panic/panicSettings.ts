import { Duration, Effect, Either, type Option } from "effect"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { Config } from "../../services/Config.ts"

/** Reads the settings that a part of an emergency command needs. */
export const settingsFor = (needs: Needs.Needs, envFile: Option.Option<string>) =>
  Effect.provide(Config, ConfigEnv(needs, envFile))

/** The longest deadline that the settings allow. */
const longestDeadline = Duration.seconds(60)

/** Reads the deadline of orders. The longest one if that setting is wrong. */
export const orderDeadlineFor = (envFile: Option.Option<string>) =>
  Effect.map(Effect.either(settingsFor(Needs.orderDeadline, envFile)), (config) =>
    Either.match(config, { onLeft: () => longestDeadline, onRight: ({ orderDeadline }) => orderDeadline })
  )

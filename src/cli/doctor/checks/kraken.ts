import { Duration, Effect, Either, Layer, Option, Schema } from "effect"
import { operator } from "../../../layers/access/principals.ts"
import { HttpClientThroughProxy } from "../../../layers/kraken/client/HttpClientThroughProxy.ts"
import { KrakenClientHttp } from "../../../layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceReadOnly } from "../../../layers/kraken/nonces/NonceSourceReadOnly.ts"
import { RateBudgetOff } from "../../../layers/kraken/rates/RateBudgetOff.ts"
import { accountNamesOf, ofAccount } from "../../../layers/settings/ofAccount.ts"
import { settings } from "../../../layers/settings/settingDefinitions.ts"
import { clocks } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import type { KrakenAccountName } from "../../../services/KrakenAccount.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { describeLag, KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import { Principal } from "../../../services/Principal.ts"
import { toolsetNames } from "../../../services/Toolset.ts"
import { type Check, error, type Finding, info, skipped, warning } from "../kit/finding.ts"
import { type Installation, krakenFields } from "../kit/installation.ts"
import { auditKey, type Offer } from "./key.ts"

/** The longest wait for each answer of Kraken. */
const wait = Duration.seconds(3)

/** Kraken itself: its state, its clock, and what it says about the API key. Nothing is changed there. */
export const krakenCheck: Check = {
  name: "Kraken",
  run: Effect.fnUntraced(function* (installation: Installation) {
    const found = installation.config(...krakenFields)
    if (Option.isNone(found)) return skipped("Kraken and the API key")
    const config = { ...found.value, httpTimeout: wait }
    // No call leaves this machine.
    if (config.mode === "paper" && config.paperMarket === "synthetic") return []
    const offer = offerOf(installation)
    const keys = Effect.forEach(
      audited(config),
      (one) =>
        auditKey(one, offer).pipe(
          Effect.map(config.accounts.length === 0 ? (found) => found : about(one.account)),
          Effect.provide(clientOf(one))
        ),
      { concurrency: "unbounded" }
    )
    const asked = Effect.all([read("public/SystemStatus"), clock, Effect.map(keys, (found) => found.flat())], {
      concurrency: 3
    }).pipe(
      Effect.map(([status, time, key]) => [
        ...otherAddress(config.baseUrl),
        ...reached(config, [status, time]),
        ...Option.match(Either.getRight(status), { onNone: () => [], onSome: statusOf }),
        ...Option.match(Either.getRight(time), { onNone: () => [], onSome: clockOf }),
        // A key that could not be checked since nothing answers is no finding of its own.
        ...(Either.isLeft(status) && Either.isLeft(time) ? key.filter(({ id }) => id !== "key.not-checked") : key)
      ]),
      Effect.provideService(Principal, operator(config.mode))
    )
    return yield* Effect.provide(asked, clientOf(config)).pipe(
      Effect.catchTag("ProxyUnusable", ({ message }) =>
        Effect.succeed([error("kraken.unreachable", message, "Correct the variable, or remove it.")])
      )
    )
  })
}

/** Lists the settings of the accounts whose keys are checked: those that have one. Without any, that of the settings. */
const audited = (config: typeof Config.Service): ReadonlyArray<typeof Config.Service> => {
  const all = accountNamesOf(config).map((account) => ofAccount(config, account))
  const withKey = all.filter(({ credentials }) => Option.isSome(credentials))
  return withKey.length === 0 ? all.slice(0, 1) : withKey
}

/** Says which account findings are about. */
const about =
  (account: KrakenAccountName) =>
  (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
    findings.map((finding) => ({ ...finding, problem: `Account ${account}: ${finding.problem}`, account }))

/** Asks Kraken for one account, and changes nothing. */
const clientOf = (config: typeof Config.Service) =>
  KrakenClientHttp.pipe(
    Layer.provide([HttpClientThroughProxy, NonceSourceReadOnly, RateBudgetOff]),
    Layer.provide(Layer.succeed(Config, config))
  )

/** The tools that the server offers. If the settings for it are invalid, all of them. */
const offerOf = ({ config }: Installation): Offer =>
  Option.getOrElse(config("readOnly", "toolsets"), () => ({ readOnly: false, toolsets: toolsetNames }))

const read = (endpoint: "public/SystemStatus" | "public/Time") =>
  Effect.flatMap(KrakenClient, (kraken) => Effect.either(kraken.read(endpoint, {})))

const Time = Schema.Struct({ unixtime: Schema.NumberFromString.pipe(Schema.int()) })
const NumberTime = Schema.Struct({ unixtime: Schema.Int })
const Answer = Schema.Union(NumberTime, Time)

/** Reads how far Kraken's clock is ahead of ours, in milliseconds, and the largest error of that. */
const clock = Effect.gen(function* () {
  const sent = yield* clocks
  const answer = yield* read("public/Time")
  const received = yield* clocks
  return Either.flatMap(answer, (time) =>
    Either.mapBoth(Schema.decodeUnknownEither(Answer)(time), {
      onLeft: () => new KrakenUnavailable({ endpoint: "public/Time", reason: "an answer of unknown shape" }),
      // The answer counts whole seconds.
      onRight: ({ unixtime }) => ({
        ahead: unixtime * 1000 + 500 - (sent.wall + received.wall) / 2,
        within: 500 + (received.monotonic - sent.monotonic) / 2
      })
    })
  )
})

const otherAddress = (baseUrl: string): ReadonlyArray<Finding> =>
  baseUrl === settings.baseUrl.fallback
    ? []
    : [info("kraken.address", `Calls go to ${baseUrl} instead of ${settings.baseUrl.fallback}.`)]

const reached = (
  { baseUrl, mode }: typeof Config.Service,
  answers: ReadonlyArray<Either.Either<unknown, { readonly message: string }>>
): ReadonlyArray<Finding> => {
  const [first] = answers.flatMap((answer) => Option.toArray(Either.getLeft(answer)))
  if (first === undefined) return []
  const problem = `Kraken can't be reached at ${baseUrl}: ${first.message}`
  // Without Kraken, paper accounts trade on a computed market.
  return mode === "paper"
    ? [info("kraken.unreachable", problem)]
    : [
        error(
          "kraken.unreachable",
          problem,
          "Check the network of this machine, its firewall, and HTTPS_PROXY; status.kraken.com tells of outages."
        )
      ]
}

const statusOf = (answer: unknown): ReadonlyArray<Finding> => {
  const status = Schema.decodeUnknownOption(Schema.Struct({ status: Schema.String }))(answer)
  return Option.match(status, {
    onNone: () => [],
    onSome: ({ status }) =>
      status === "online"
        ? []
        : [warning("kraken.status", `Kraken says that it is in the state ${JSON.stringify(status)}.`, "Wait.")]
  })
}

/** The differences of the clocks, in milliseconds, that are weak and that are wrong: a refusal names the clock from then on. */
const tolerated = { warning: 5000, error: 60_000 }

const clockOf = ({ ahead, within }: { readonly ahead: number; readonly within: number }): ReadonlyArray<Finding> => {
  const difference = Math.abs(ahead) - within
  if (difference < tolerated.warning) return []
  const direction = ahead > 0 ? "behind" : "ahead of"
  const make = difference < tolerated.error ? warning : error
  return [
    make(
      "clock.wrong",
      `The clock of this machine is ${describeLag(Math.abs(ahead))} ${direction} Kraken's.`,
      "Set it, and let the system keep it (NTP)."
    )
  ]
}

import { Duration, Effect, Either, Option } from "effect"
import { resolve } from "node:path"
import { makeMandate, type TermTexts } from "../../domain/mandates/terms.ts"
import { expandHome } from "../../layers/settings/homeFolder.ts"
import { noSuch } from "../kit/checkWords.ts"
import { UsageError } from "../kit/errors.ts"
import { toDescriptor } from "../kit/passphraseFd.ts"
import { toLifetime } from "../token/duration.ts"
import { type Client, clients as known } from "./clients/clients.ts"
import type { Way } from "./plan.ts"
import { urlFault } from "./wizard.ts"

/** The options of the command line. */
export interface Options {
  readonly client: ReadonlyArray<string>
  readonly write: boolean
  readonly paper: boolean
  readonly live: boolean
  readonly market: Option.Option<string>
  readonly http: Option.Option<string>
  readonly envFile: Option.Option<string>
  readonly expiresIn: Option.Option<string>
  readonly terms: TermTexts
  readonly passphraseFd: Option.Option<string>
}

/** Checks that nothing was said about what to do, so that it has to be asked. */
export const isBare = ({ client, envFile, expiresIn, http, live, market, paper, terms, write }: Options): boolean =>
  client.length === 0 &&
  !write &&
  !paper &&
  !live &&
  [market, http, envFile, expiresIn].every(Option.isNone) &&
  Object.keys(terms).length === 0

/** Finds the clients by their names. */
export const clientsNamed = (names: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Client>, UsageError> =>
  Effect.forEach([...new Set(names)], (name) => {
    const client = known.find(({ id }) => id === name.toLowerCase())
    return client === undefined
      ? Effect.fail(
          noSuch(
            "client",
            name,
            known.map(({ id }) => id)
          )
        )
      : Effect.succeed(client)
  })

/** The limits of a token for which none are given: a budget on paper, reading on a real account. */
const usualTerms = (paperOnly: boolean): TermTexts => (paperOnly ? { budget: ["1000USD"] } : { access: ["read"] })

/** The lifetime of a token for which none is given. */
const usualLifetime = Duration.days(90)

/** Makes the way to a server that runs. */
export const calling = (
  url: string,
  paperOnly: boolean,
  {
    envFile,
    lifetime,
    passphraseFd,
    terms
  }: Partial<Pick<Calling, "envFile" | "lifetime" | "passphraseFd" | "terms">> = {}
): Calling => ({
  _tag: "Http",
  url,
  paperOnly,
  terms: terms === undefined || Object.keys(terms).length === 0 ? usualTerms(paperOnly) : terms,
  lifetime: lifetime ?? usualLifetime,
  envFile: envFile ?? Option.none(),
  passphraseFd: passphraseFd ?? Option.none()
})

type Calling = Extract<Way, { readonly _tag: "Http" }>

/** Makes the way to a server that the client starts, on a simulated account. */
export const onPaper = (more: ReadonlyArray<string> = []): Way => ({ _tag: "Stdio", flags: ["--paper", ...more] })

/** Makes the way to a server that the client starts with the settings in a file. */
export const withFile = (file: string): Way => ({ _tag: "Stdio", flags: ["--env-file", absolute(file)] })

/** Returns the path of a file for a client, which starts the server in another folder. */
export const absolute = (file: string): string => resolve(expandHome(file) ?? file)

/**
 * Reads the way from the options, and refuses those that do not fit together. `usualFile` holds the API key unless another
 * file is named.
 */
export const wayOf = Effect.fnUntraced(function* (
  options: Options,
  usualFile: string
): Effect.fn.Return<Way, UsageError> {
  const { envFile, expiresIn, http, live, market, paper, terms } = options
  const wrong = (message: string) => new UsageError({ message: `setup: ${message}` })
  if (paper && live) return yield* wrong("expected --paper or --live, not both")
  if (Option.isSome(http)) {
    const fault = urlFault(http.value)
    if (fault !== undefined) return yield* wrong(`--http: ${fault}`)
    if (Option.isSome(market)) return yield* wrong("--market: the server that runs has its market")
    if (Object.keys(terms).length > 0)
      yield* Either.mapLeft(makeMandate(terms), (problems) => new UsageError({ message: problems.join("\n") }))
    const lifetime = yield* Effect.transposeMapOption(expiresIn, toLifetime)
    const passphraseFd = yield* toDescriptor(options.passphraseFd)
    return calling(http.value, !live, {
      terms,
      envFile,
      passphraseFd,
      ...Option.getOrUndefined(Option.map(lifetime, (lifetime) => ({ lifetime })))
    })
  }
  if (Object.keys(terms).length > 0 || Option.isSome(expiresIn))
    return yield* wrong(
      "limits belong to a token, so they need --http. A server that the client starts takes its limits from the file of --env-file"
    )
  if (live) {
    if (Option.isSome(market)) return yield* wrong("--market: expected only with --paper")
    return withFile(Option.getOrElse(envFile, () => usualFile))
  }
  return onPaper([
    ...Option.match(market, { onNone: () => [], onSome: (market) => ["--market", market] }),
    ...Option.match(envFile, { onNone: () => [], onSome: (file) => ["--env-file", absolute(file)] })
  ])
})

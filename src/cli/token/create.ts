import { Console, DateTime, Duration, Effect, Either, Option, Redacted } from "effect"
import { makeMandate, type TermTexts } from "../../domain/mandates/terms.ts"
import type { Mandate } from "../../domain/mandates/mandate.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { save } from "../../layers/access/mandates/administer.ts"
import { requireForTokens } from "../../layers/access/secret/requireForTokens.ts"
import { self } from "../../layers/process/self.ts"
import { withEnvFile } from "../../layers/process/withEnvFile.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { noSuchAccount } from "../../layers/settings/knownAccounts.ts"
import { accountNamesOf } from "../../layers/settings/ofAccount.ts"
import { settings } from "../../layers/settings/settingDefinitions.ts"
import { Config } from "../../services/Config.ts"
import { defaultAccount } from "../../services/KrakenAccount.ts"
import { type NewToken, type Token, TokenStore } from "../../services/TokenStore.ts"
import { UsageError } from "../kit/errors.ts"
import { checkNames } from "./names.ts"
import { iso, mandateLines, shownToken } from "./shown.ts"
import { authority, type FromOperator, granting } from "./stored.ts"

/** The lifetime of a token with a budget, unless another one is given. */
const lifetimeWithBudget = Duration.days(90)

interface Options extends FromOperator {
  readonly name: string
  readonly account: Option.Option<string>
  readonly lifetime: Option.Option<Duration.Duration>
  readonly paper: boolean
  readonly terms: TermTexts
  readonly json: boolean
}

/** Creates a token, with a mandate if there are terms, and prints it. Terms that are wrong make no file. */
export const create = (options: Options) =>
  Effect.flatMap(mandateOf(options.terms), (given) => createWith({ ...options, given }))

const createWith = Effect.fn("token.create")(function* ({
  json,
  lifetime,
  paper,
  ...options
}: { readonly given: Option.Option<Mandate> } & Options) {
  const { mode } = yield* Config
  const expiresIn = Option.orElse(lifetime, () =>
    "budget" in options.terms ? Option.some(lifetimeWithBudget) : Option.none()
  )
  // In paper mode, a token must not silently open the real account.
  const { made, mandate } = yield* make({ ...options, expiresIn, paperOnly: paper || mode === "paper" })
  yield* print({ json, made, mandate, envFile: options.envFile, created: "Token created.", why: paper })
}, granting(Needs.tokenCreate))

interface Making extends FromOperator {
  readonly name: string
  /** The name of the Kraken account that it opens. None: the one whose key has no name. */
  readonly account: Option.Option<string>
  readonly paperOnly: boolean
  readonly expiresIn: Option.Option<Duration.Duration>
  readonly terms: TermTexts
}

/** Makes a token with the limits of some terms, for another command. Terms that are wrong make no file. */
export const makeToken = (options: Making) =>
  Effect.flatMap(mandateOf(options.terms), (given) => makeTokenWith({ ...options, given }))

const makeTokenWith = (options: { readonly given: Option.Option<Mandate> } & Making) =>
  granting(Needs.tokenCreate)(make(options), options)

const make = Effect.fnUntraced(function* ({
  account,
  expiresIn,
  given,
  name,
  paperOnly,
  terms,
  ...from
}: { readonly given: Option.Option<Mandate> } & Making) {
  const named = yield* Effect.transposeMapOption(account, accountIn(yield* Config))
  const mandate = yield* Effect.transposeMapOption(given, (mandate) => checkNames(mandate, { ...from, terms }))
  if (!paperOnly) yield* requireForTokens("Creating a token")
  const tokens = yield* TokenStore
  // A token with the mark is refused until its mandate is there.
  const made = yield* tokens.create({
    name,
    account: Option.getOrUndefined(named),
    paperOnly,
    expiresIn,
    hasMandate: Option.isSome(mandate)
  })
  yield* Option.match(mandate, {
    onNone: () => Effect.void,
    onSome: (mandate) =>
      Effect.tapErrorCause(saveFirst(made.token, mandate), () => Effect.ignore(tokens.revoke(made.token.id)))
  })
  return { made, mandate }
})

/** Finds a Kraken account of the settings by its name. */
const accountIn = (config: typeof Config.Service) => (name: string) => {
  const known = accountNamesOf(config)
  return Option.match(Option.fromNullable(known.find((account) => account === name)), {
    onNone: () => new UsageError({ message: `--account: ${noSuchAccount(name, known)}` }),
    onSome: (account) => Effect.succeed(account)
  })
}

/** Makes the mandate of the terms. None without any. */
const mandateOf = (terms: TermTexts): Effect.Effect<Option.Option<Mandate>, UsageError> =>
  Object.keys(terms).length === 0
    ? Effect.succeedNone
    : Either.match(makeMandate(terms), {
        onLeft: (problems) => new UsageError({ message: problems.join("\n") }),
        onRight: Effect.succeedSome
      })

const saveFirst = Effect.fnUntraced(function* ({ id, name }: Token, terms: Mandate) {
  const { write } = yield* authority
  yield* write((at) => save(at, { token: id, name, terms, expected: 0 }))
})

/** Prints a token that was just made, which is not shown again. */
export const print = Effect.fnUntraced(function* ({
  created,
  envFile,
  json,
  made: { secret, token },
  mandate,
  why
}: {
  readonly made: NewToken
  readonly mandate: Option.Option<Mandate>
  readonly json: boolean
  readonly created: string
  /** True if the reason for which a token is for paper only need not be said. */
  readonly why: boolean
  readonly envFile: Option.Option<string>
}) {
  const plain = Redacted.value(secret)
  const row = shownToken(token, yield* DateTime.now)
  if (json) {
    const terms = Option.getOrNull(mandate)
    return yield* Console.log(JSON.stringify({ ...row, terms, token: plain }))
  }
  const reason = why ? "" : `, since ${settings.mode.name} is paper`
  yield* Console.log(
    [
      "",
      `\u001b[1;32m${created} Copy it now: it is not shown again.\u001b[0m`,
      `  id       ${token.id}`,
      `  name     ${escapeText(token.name)}`,
      ...(token.account === defaultAccount ? [] : [`  account  ${token.account}`]),
      `  expires  ${Option.match(token.expiresAt, { onNone: () => "never", onSome: iso })}`,
      `  modes    ${row.modes.join(", ")}${token.paperOnly ? ` (simulated accounts only${reason})` : ""}`,
      ...Option.match(mandate, {
        onNone: () => ["  limits   none"],
        onSome: (terms) => ["", "Limits:", ...mandateLines(terms)]
      }),
      "",
      plain,
      "",
      "Authorization: Bearer <token>",
      ...(Option.isNone(token.expiresAt)
        ? [
            "",
            `This token never expires. To limit one, add --expires-in 90d; to end this one: ${self()} token revoke ${token.id}${withEnvFile(envFile)}`
          ]
        : [])
    ].join("\n")
  )
})

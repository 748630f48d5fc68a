import { Console, DateTime, Effect, Either, Option } from "effect"
import type { Mandate } from "../../domain/mandates/mandate.ts"
import { changeMandate, makeMandate, type TermTexts } from "../../domain/mandates/terms.ts"
import { widens } from "../../domain/mandates/widening.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { type Changed, type Holding, holdingOf, remove, save } from "../../layers/access/mandates/administer.ts"
import { readHead } from "../../layers/access/record/append.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import { checkTokenSecret, requireForTokens } from "../../layers/access/secret/requireForTokens.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { type Token, TokenStore } from "../../services/TokenStore.ts"
import { UsageError } from "../kit/errors.ts"
import { checkNames } from "./names.ts"
import { mandateLines, shownToken } from "./shown.ts"
import { authority, changing, type FromOperator, TokenRefusal } from "./stored.ts"

interface Options extends FromOperator {
  readonly id: string
  /** The revision that the change was made from. None: the one that is read here. */
  readonly revision: Option.Option<number>
  readonly json: boolean
}

/** Changes the terms of a token's mandate that are given. A token without a mandate gets one. */
export const update = Effect.fn("token.update")(function* ({
  id,
  json,
  revision,
  terms,
  ...from
}: { readonly terms: TermTexts } & Options) {
  const { holding, token } = yield* read(id, revision)
  const before = holding.mandate?.terms
  // Its first limits take away rights that their flags do not name.
  if (before === undefined && !("access" in terms) && !("budget" in terms))
    return yield* new UsageError({
      message: `--access: expected read, trade or full, since token ${id} has no limits yet, and with the first ones it can only do what its access allows`
    })
  const changed = before === undefined ? makeMandate(terms) : changeMandate(before, terms)
  const after = yield* Effect.flatMap(
    Either.mapLeft(changed, (problems) => new UsageError({ message: problems.join("\n") })),
    (mandate) => checkNames(mandate, { ...from, terms })
  )
  // A token without a mandate can do more than with one, unless its mandate is missing, so that it is refused.
  const wider = before === undefined ? (isMarked(token) ? ["new"] : []) : widens(before, after)
  yield* requireFor(token, wider, `Widening the limits of ${token.name} (${wider.join(", ")})`)
  const { write } = yield* authority
  const tokens = yield* TokenStore
  if (!isMarked(token)) {
    // A busy or damaged file must not lock out a token that had no limits.
    yield* write(() => readHead())
    yield* tokens.markMandate(id, true)
  }
  const saved = yield* write(function* (at) {
    const changed = yield* save(at, { token: id, name: token.name, terms: after, expected: holding.revision })
    return { changed, exists: (yield* holdingOf(id)).mandate !== undefined }
  })
  // Without its mandate, the mark would lock the token out.
  if (!isMarked(token) && !saved.exists) yield* tokens.markMandate(id, false)
  yield* report({ id, json, token, given: holding.revision, changed: saved.changed, terms: Option.some(after) })
}, changing(Needs.tokenChange))

/** Removes the mandate of a token, which can then do everything that the server offers. */
export const removeLimits = Effect.fn("token.removeLimits")(function* ({ id, json, revision }: Options) {
  const { holding, token } = yield* read(id, revision)
  if (holding.mandate === undefined && !isMarked(token))
    return yield* new TokenRefusal({ message: `Token ${id} has no limits.` })
  yield* requireFor(token, ["mandate"], `Removing the limits of ${token.name}`)
  const { write } = yield* authority
  const changed = yield* write((at) => remove(at, { token: id, name: token.name, expected: holding.revision }))
  if (changed._tag === "Changed") yield* (yield* TokenStore).markMandate(id, false)
  yield* report({ id, json, token, given: holding.revision, changed, terms: Option.none() })
}, changing(Needs.tokenChange))

const isMarked = ({ marks }: Token): boolean => marks.includes("mandate")

/** Reads a token and its mandate. Fails if the token is revoked, or the mandate is not of the revision that was given. */
const read = Effect.fnUntraced(function* (id: string, revision: Option.Option<number>) {
  const token = yield* (yield* TokenStore).find(id)
  if (Option.isSome(token.revokedAt)) return yield* new TokenRefusal({ message: `Token ${id} is revoked.` })
  const { read } = yield* authority
  const holding = Option.getOrElse(yield* read(() => holdingOf(id)), (): Holding => ({
    subject: id,
    revision: 0
  }))
  const given = Option.getOrElse(revision, () => holding.revision)
  return given === holding.revision ? { token, holding } : yield* stale(id, given, holding.revision)
})

/** Requires the operator secret if something gets wider. Tokens for paper open no money. */
const requireFor = (token: Token, wider: ReadonlyArray<string>, act: string) =>
  token.paperOnly || wider.length === 0 ? Effect.asVoid(checkTokenSecret) : requireForTokens(act)

const stale = (id: string, given: number, newest: number) =>
  new TokenRefusal({
    message: `Nothing was changed: the newest revision of ${id} is ${newest}, not ${given}. token show ${id} prints its limits.`
  })

const report = Effect.fnUntraced(function* ({
  changed,
  given,
  id,
  json,
  terms,
  token
}: {
  readonly id: string
  readonly token: Token
  readonly json: boolean
  readonly given: number
  readonly changed: Changed
  readonly terms: Option.Option<Mandate>
}) {
  if (changed._tag === "Stale") return yield* stale(id, given, changed.newest)
  const { head, revision } = changed
  if (json) {
    const row = shownToken(token, yield* DateTime.now)
    return yield* Console.log(JSON.stringify({ ...row, revision, terms: Option.getOrNull(terms) }))
  }
  yield* Console.log(
    [
      `${escapeText(token.name)} (${id}), revision ${revision}. Receipt: ${receiptOf(head)}`,
      ...Option.match(terms, { onNone: () => ["  limits  none"], onSome: mandateLines })
    ].join("\n")
  )
})

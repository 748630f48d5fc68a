import { DateTime, Duration, Effect, Option } from "effect"
import { type Holding, holdingOf, rotate as moveMandate } from "../../layers/access/mandates/administer.ts"
import { requireForTokens } from "../../layers/access/secret/requireForTokens.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { TokenStore } from "../../services/TokenStore.ts"
import { print } from "./create.ts"
import { lacksMandate } from "./shown.ts"
import { authority, changing, type FromOperator, TokenRefusal } from "./stored.ts"

/** The time for which a server accepts a token after it was revoked, and a little more. */
const untilRefused = Duration.millis(1100)

/**
 * Replaces a token by a new one with the same name, expiry, limits and usage. The old one is revoked. One that is revoked
 * already can be replaced too, so that its usage is kept.
 */
export const rotate = Effect.fn("token.rotate")(function* ({
  id,
  json,
  ...from
}: { readonly id: string; readonly json: boolean } & FromOperator) {
  const tokens = yield* TokenStore
  const old = yield* tokens.find(id)
  const now = yield* DateTime.now
  if (Option.exists(old.expiresAt, (at) => DateTime.greaterThanOrEqualTo(now, at)))
    return yield* new TokenRefusal({ message: `Token ${id} has expired, and a new one would have, too.` })
  const { read, write } = yield* authority
  const found = yield* read(() => holdingOf(id))
  const holding = Option.getOrElse(found, (): Holding => ({ subject: id, revision: 0 }))
  if (lacksMandate(old, holding))
    return yield* new TokenRefusal({
      message: `Token ${id} has limits that are not in this state, so it can't be replaced here.`
    })
  if (!old.paperOnly) yield* requireForTokens(`Replacing the token ${old.name}`)
  // The new token must not be accepted before the mandate is moved to it.
  if (holding.mandate !== undefined) yield* tokens.markMandate(id, true)
  const made = yield* tokens.replace(id)
  const undo = Effect.ignore(tokens.revoke(made.token.id))
  yield* tokens.revoke(id)
  // A server that still accepts the old token must not find that it is not frozen any more.
  if (holding.frozen !== undefined) yield* Effect.sleep(untilRefused)
  const moved = Option.isNone(found)
    ? ({ _tag: "Nothing" } as const)
    : yield* write((at) =>
        moveMandate(at, { token: id, name: old.name, to: made.token.id, expected: holding.revision })
      ).pipe(Effect.tapError(() => undo))
  if (moved._tag === "Stale") {
    yield* undo
    return yield* new TokenRefusal({
      message: `Somebody else changed the limits of ${id} meanwhile. It is revoked; token rotate ${id} replaces it.`
    })
  }
  yield* print({
    json,
    made,
    mandate: Option.map(Option.fromNullable(holding.mandate), ({ terms }) => terms),
    envFile: from.envFile,
    created: `Token created in place of ${id}, which is revoked.`,
    why: true
  })
}, changing(Needs.tokenChange))

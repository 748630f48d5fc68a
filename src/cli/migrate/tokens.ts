import { DateTime, Effect, Option } from "effect"
import { resolve } from "node:path"
import { isActive } from "../../layers/access/tokenRules.ts"
import { tokensOf } from "../../layers/access/TokenStoreSql.ts"
import { lookInto } from "../../layers/storage/lookInto.ts"
import type { Token } from "../../services/TokenStore.ts"
import { blocking, changed, type Item, kept } from "./item.ts"

const subject = "tokens"

/** Says what becomes of the tokens in a database. It is read as it is, and no file is made. */
export const tokenItems = Effect.fn("migrate.tokens")(function* (file: string) {
  const path = resolve(file)
  const look = yield* lookInto(path, (db) => db.prepare("SELECT * FROM tokens").all())
  const unusable = (reason: string) => [
    blocking(
      subject,
      `The token database ${path} can't be used: ${reason}. Correct MCP_KRAKEN_TOKEN_DB, or move the file away.`
    )
  ]
  switch (look._tag) {
    case "Missing":
      return [changed(subject, `There is no token database ${path}. Make a token for each client: token create NAME.`)]
    case "Locked":
      return [changed(subject, `The token database ${path} is locked by another program, so it was not read.`)]
    case "Forbidden":
      return unusable("this user can't read it")
    case "Unusable":
      return unusable(look.reason)
    case "Read": {
      const now = yield* DateTime.now
      return yield* tokensOf(look.value).pipe(
        Effect.map((tokens) => itemsOf(tokens, path, now)),
        Effect.orElseSucceed(() => unusable("its rows are not tokens"))
      )
    }
  }
})

const itemsOf = (tokens: ReadonlyArray<Token>, path: string, now: DateTime.Utc): ReadonlyArray<Item> => {
  const revoked = tokens.filter(({ revokedAt }) => Option.isSome(revokedAt)).length
  const active = tokens.filter((token) => isActive(token, now))
  const [forPaper, forBoth] = [
    active.filter(({ paperOnly }) => paperOnly),
    active.filter(({ paperOnly }) => !paperOnly)
  ]
  const counts = [
    `${forBoth.length} good in live and in paper mode`,
    `${forPaper.length} in paper mode only`,
    `${tokens.length - active.length - revoked} expired`,
    `${revoked} revoked`
  ]
  return [
    kept(subject, `${path} opens as it is. Its tokens: ${counts.join(", ")}.`),
    ...(forBoth.some(({ marks }) => marks.length === 0)
      ? [
          changed(
            subject,
            "Tokens have no limits yet, and can do everything that the API key permits. token update ID sets limits; the Python server then refuses that token."
          )
        ]
      : [])
  ]
}

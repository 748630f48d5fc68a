import { Effect, Option } from "effect"
import { holdingOf } from "../../../layers/access/mandates/administer.ts"
import { authorityOf } from "../../../layers/access/record/authority.ts"
import type { Look } from "../../../layers/storage/lookInto.ts"
import { filter, type Steps } from "../../../layers/storage/steps.ts"
import type { Config } from "../../../services/Config.ts"
import type { Token } from "../../../services/TokenStore.ts"

/** The limits of tokens in one record. */
export interface TokenLimits {
  /** Checks that a mandate limits a token. One that is marked to have a mandate is refused without it. */
  readonly has: (token: Token) => boolean
  /** Checks that a token is refused, since its mandate is not in the record. */
  readonly lacks: (token: Token) => boolean
}

/** The longest wait for the record. */
const patience = "2 seconds"

/** Reads which of the tokens have mandates in the record of the settings. If it can't be read, only their marks count. */
export const tokenLimits = Effect.fnUntraced(function* (
  settings: Option.Option<Pick<typeof Config.Service, "databaseUrl" | "stateDir">>,
  tokens: ReadonlyArray<Token>
): Effect.fn.Return<TokenLimits> {
  const limited = yield* Option.match(settings, {
    onNone: () => Effect.succeedNone,
    onSome: (settings) =>
      Effect.map(
        Effect.flatMap(authorityOf(settings), ({ look }) => look(() => filter(tokens, hasMandate), patience)),
        found
      )
  })
  const isMarked = ({ marks }: Token) => marks.includes("mandate")
  return {
    has: (token) => isMarked(token) || Option.exists(limited, (ids) => ids.has(token.id)),
    lacks: (token) => isMarked(token) && Option.exists(limited, (ids) => !ids.has(token.id))
  }
})

function* hasMandate({ id }: Token): Steps<boolean> {
  return (yield* holdingOf(id)).mandate !== undefined
}

/** Returns the ids that were found; none are in a record that is missing. */
const found = (look: Look<ReadonlyArray<Token>>): Option.Option<ReadonlySet<string>> => {
  if (look._tag === "Missing") return Option.some(new Set())
  return look._tag === "Read" ? Option.some(new Set(look.value.map(({ id }) => id))) : Option.none()
}

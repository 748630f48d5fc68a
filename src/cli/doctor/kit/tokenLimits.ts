import { Effect, Option } from "effect"
import { join } from "node:path"
import { holdingOf } from "../../../layers/access/mandates/administer.ts"
import { recordFile } from "../../../layers/access/record/recordFile.ts"
import { type Look, lookInto } from "../../../layers/storage/lookInto.ts"
import { runOnSqlite } from "../../../layers/storage/sqliteSteps.ts"
import { filter, type Steps } from "../../../layers/storage/steps.ts"
import type { Token } from "../../../services/TokenStore.ts"

/** The limits of tokens in one state folder. */
export interface TokenLimits {
  /** Checks that a mandate limits a token. One that is marked to have a mandate is refused without it. */
  readonly has: (token: Token) => boolean
  /** Checks that a token is refused, since its mandate is not in the folder. */
  readonly lacks: (token: Token) => boolean
}

/** Reads which of the tokens have mandates in a state folder. If its file can't be read, only their marks count. */
export const tokenLimits = Effect.fnUntraced(function* (
  stateDir: Option.Option<string>,
  tokens: ReadonlyArray<Token>
): Effect.fn.Return<TokenLimits> {
  const limited = yield* Option.match(stateDir, {
    onNone: () => Effect.succeedNone,
    onSome: (folder) =>
      Effect.map(
        lookInto(join(folder, recordFile), (db) => runOnSqlite(db, filter(tokens, hasMandate))),
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

/** Returns the ids that were found; none are in a file that is missing. */
const found = (look: Look<ReadonlyArray<Token>>): Option.Option<ReadonlySet<string>> => {
  if (look._tag === "Missing") return Option.some(new Set())
  return look._tag === "Read" ? Option.some(new Set(look.value.map(({ id }) => id))) : Option.none()
}

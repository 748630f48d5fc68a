import { Effect, Option } from "effect"
import { Config } from "../../../services/Config.ts"
import { MandateMissing, Mandates } from "../../../services/Mandates.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { Token } from "../../../services/TokenStore.ts"
import { bearer } from "../principals.ts"

/**
 * Makes the principal of a valid token, with its mandate. A token that is marked to have one is refused without it. If
 * mandates cannot be read, a token without the mark is accepted: its writes are refused by the record, which is the same
 * file, and its reads and cancels pass.
 */
export const makePrincipalOf = Effect.gen(function* () {
  const { mode } = yield* Config
  const { file, ofToken } = yield* Mandates
  const logged = new Set<string>()

  const logOnce = (line: string) =>
    Effect.suspend(() => {
      if (logged.has(line)) return Effect.void
      logged.add(line)
      return Effect.logError(line)
    })

  return (token: Token) => {
    const { id } = token
    const isMarked = token.marks.includes("mandate")
    const read = Effect.catchTag(ofToken(id), "RecordUnavailable", ({ reason }) =>
      isMarked
        ? new MandateMissing({ id, reason: `its limits cannot be read, so it is refused. ${reason} ${remedy}` })
        : Effect.as(
            logOnce(`Limits of tokens cannot be read, so writes are refused. ${reason} ${remedy}`),
            Option.none()
          )
    )
    return Effect.flatMap(read, (mandate): Effect.Effect<typeof Principal.Service, MandateMissing> =>
      isMarked && Option.isNone(mandate)
        ? new MandateMissing({
            id,
            reason: `it has limits, and ${file} has none for it, so it is refused. Use the state folder in which they were set (MCP_KRAKEN_STATE_DIR), or replace the token.`
          })
        : Effect.succeed(bearer(token, mode, mandate))
    )
  }
})

const remedy = "Put a backup back (state restore), or install the version that wrote the file."

import { DateTime, Effect, Layer } from "effect"
import { Callers, type FoundCaller } from "../../../services/Callers.ts"
import { Config } from "../../../services/Config.ts"
import { type Token, TokenStore } from "../../../services/TokenStore.ts"
import { makePrincipalOf } from "../mandates/principalOf.ts"
import { isActive, opens } from "../tokenRules.ts"

const unknown: FoundCaller = { _tag: "Unknown" }

/** The bearers of the tokens in the token database that open the Kraken account, or one of the accounts, of the settings. */
export const CallersByToken = Layer.effect(
  Callers,
  Effect.gen(function* () {
    const { account, accounts, mode } = yield* Config
    const isServed = (token: Token) => accounts.length > 0 || token.account === account
    const { find } = yield* TokenStore
    const principalOf = yield* makePrincipalOf
    return Callers.of({
      serves: (id) => id !== "local",
      find: Effect.fn("Callers.find")(
        function* (id): Effect.fn.Return<FoundCaller, { readonly message: string }> {
          const token = yield* find(id)
          if (!isServed(token)) return unknown
          if (!isActive(token, yield* DateTime.now) || !opens(token, mode)) return { _tag: "Invalid" }
          return { _tag: "Valid", principal: yield* principalOf(token) }
        },
        Effect.catchAll(({ message }) =>
          Effect.as(Effect.logWarning("A caller cannot be found", { reason: message }), unknown)
        )
      )
    })
  })
)

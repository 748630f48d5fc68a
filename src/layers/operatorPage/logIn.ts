import { Effect, Option, type Redacted } from "effect"
import { OperatorSecret, type OperatorSecretUnavailable, type SecretInForce } from "../../services/OperatorSecret.ts"
import { monotonic } from "../../services/Clocks.ts"

/** The wrong passphrases in a row after which the log-in closes for a while. */
const allowance = 5

/** The first time for which it closes, and the longest, in milliseconds. Each further wrong passphrase doubles it. */
const firstWait = 60_000
const longestWait = 15 * 60_000

/** The most log-ins that wait for their turn, since a check takes much memory and a third of a second. */
const mostWaiting = 3

/** The result of a log-in. */
export type LogIn =
  | { readonly _tag: "Right"; readonly secret: SecretInForce }
  | { readonly _tag: "Wrong" }
  /** There were too many wrong passphrases, or too many log-ins wait. */
  | { readonly _tag: "Closed"; readonly seconds: number }

/**
 * Makes the check of passphrases, one at a time. Wrong ones are counted for all clients together: behind a tunnel they
 * have one address. Sessions that have begun and the terminal go on while the log-in is closed.
 */
export const makeLogIn = Effect.gen(function* () {
  const { verify } = yield* OperatorSecret
  const turn = yield* Effect.makeSemaphore(1)
  let wrong = 0
  let closedUntil = 0
  let waiting = 0

  const attempt = Effect.fnUntraced(function* (passphrase: Redacted.Redacted) {
    const left = closedUntil - (yield* monotonic)
    if (left > 0) return { _tag: "Closed", seconds: Math.ceil(left / 1000) } as const
    const secret = yield* verify(passphrase, "Logging in").pipe(
      Effect.asSome,
      Effect.catchTag("WrongPassphrase", () => Effect.succeedNone)
    )
    if (Option.isSome(secret)) {
      wrong = 0
      return { _tag: "Right", secret: secret.value } as const
    }
    wrong++
    if (wrong >= allowance)
      closedUntil = (yield* monotonic) + Math.min(longestWait, firstWait * 2 ** (wrong - allowance))
    return { _tag: "Wrong" } as const
  })

  return (passphrase: Redacted.Redacted): Effect.Effect<LogIn, OperatorSecretUnavailable> =>
    Effect.suspend((): Effect.Effect<LogIn, OperatorSecretUnavailable> => {
      if (waiting >= mostWaiting) return Effect.succeed({ _tag: "Closed", seconds: 2 })
      waiting++
      return Effect.ensuring(
        turn.withPermits(1)(attempt(passphrase)),
        Effect.sync(() => {
          waiting--
        })
      )
    })
})

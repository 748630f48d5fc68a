import { Effect, Match } from "effect"
import type { Answer } from "../../exchange/commands/handle.ts"
import { PanicCallFailed, type PanicCalls } from "../../layers/kraken/writes/panic/panicCalls.ts"
import { accountsOn } from "../paper/paperAccounts.ts"
import type { PaperAccounts } from "../../layers/paper/PaperAccounts.ts"

export { accountsOn }

/** Makes the calls of a panic on a simulated account. */
export const paperCalls = (accounts: typeof PaperAccounts.Service, account: string): PanicCalls => {
  const answered = <
    E extends { readonly _tag: "DatabaseUnavailable" | "PaperAccountBroken"; readonly message: string }
  >(
    step: Effect.Effect<Answer, E>
  ) =>
    step.pipe(
      Effect.mapError(
        ({ _tag, message }) =>
          new PanicCallFailed({
            message,
            remedy: Match.value(_tag as "DatabaseUnavailable" | "PaperAccountBroken").pipe(
              Match.when("DatabaseUnavailable", () => ({ _tag: "Later" }) as const),
              Match.when("PaperAccountBroken", () => ({ _tag: "None" }) as const),
              Match.exhaustive
            )
          })
      ),
      Effect.flatMap((answer) =>
        "errors" in answer
          ? new PanicCallFailed({
              message: `The simulated exchange refused this: ${answer.errors.join("; ")}.`,
              remedy: { _tag: answer.errors.includes("EOrder:Unknown order") ? "Gone" : "None" }
            })
          : Effect.succeed(answer.result)
      )
    )
  return {
    read: (endpoint, params) => answered(accounts.ask(account, { endpoint, params: { ...params } })),
    write: (endpoint, params) => answered(accounts.carryOut(account, [{ endpoint, params: { ...params } }]))
  }
}

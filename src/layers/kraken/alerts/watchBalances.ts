import { Effect, Option, Stream } from "effect"
import type { Balances } from "../../../domain/live/values.ts"
import type { AccountData } from "../../../services/AccountData.ts"
import type { BoundComparison } from "./boundComparison.ts"
import type { WatchParts } from "./watchParts.ts"

interface Parts extends WatchParts {
  readonly account: typeof AccountData.Service
  readonly bounds: BoundComparison
}

/** Makes the look at the balances for which alerts of an account wait: at live ones, or else at those by REST. */
export const makeWatchBalances = ({ account, bounds, follow, isDue, krakenTime, pause, waiting }: Parts) => {
  const balancesSeen = Effect.fnUntraced(function* (name: string, balances: Balances) {
    const at = yield* krakenTime
    for (const watch of waiting.ofAccount("Balance", name))
      yield* bounds.compare(watch, [balances.get(watch.condition.asset) ?? "0"], at)
  })

  return Effect.fnUntraced(function* (name: string) {
    const watches = waiting.ofAccount("Balance", name)
    if (watches.length === 0) return
    yield* follow(
      `balances ${name}`,
      Stream.runForEach(account.balances.pushed, ({ value }) => balancesSeen(name, value))
    )
    const live = yield* account.balances.live
    if (Option.isSome(live)) {
      const balances = live.value.value
      yield* bounds.watchedLive(watches, ({ condition }) => balances.get(condition.asset) ?? "0")
    } else if (yield* account.balances.isPrompt) {
      const at = yield* krakenTime
      for (const { id } of watches) waiting.seen(id, at)
    } else if (yield* isDue(`balances ${name}`, pause)) {
      yield* account.balances.snapshot.pipe(
        Effect.flatMap(({ value }) => balancesSeen(name, value)),
        Effect.catchAll(({ message }) => Effect.logDebug(`Balances of alerts can't be read: ${message}`))
      )
    }
  })
}

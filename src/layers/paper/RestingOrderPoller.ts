import { Effect, Layer, Schedule } from "effect"
import { PaperAccounts } from "./PaperAccounts.ts"
import { MarketFeed } from "./MarketFeed.ts"

/** How often the market is looked at for orders that wait. */
const pause = "3 seconds"

/**
 * Keeps an eye on a market that can't be computed, for as long as orders wait there: on their pairs alone, one after
 * the other. What can't be seen or told is tried again in the next round.
 */
export const RestingOrderPoller = Layer.scopedDiscard(
  Effect.gen(function* () {
    const accounts = yield* PaperAccounts
    const feed = yield* MarketFeed
    let blind = false

    const sayOnce = Effect.fnUntraced(function* (reason: string | undefined) {
      if (reason !== undefined && !blind) yield* Effect.logWarning(`Paper orders wait unseen: ${reason}`)
      if (reason === undefined && blind) yield* Effect.logInfo("Paper orders are watched again")
      blind = reason !== undefined
    })

    const round = Effect.gen(function* () {
      const [broken, waiting] = yield* Effect.partition(yield* accounts.mayWait, (account) =>
        Effect.map(accounts.openPairs(account), (pairs) => ({ account, pairs }))
      )
      const [unseen, looks] = yield* Effect.partition(new Set(waiting.flatMap(({ pairs }) => pairs)), (pair) =>
        Effect.map(feed.look([pair]), (observations) => [pair, observations] as const)
      )
      const seen = new Map(looks)
      const [deaf] = yield* Effect.partition(waiting, ({ account, pairs }) =>
        accounts.tell(
          account,
          pairs.flatMap((pair) => seen.get(pair) ?? [])
        )
      )
      yield* sayOnce([...unseen, ...broken, ...deaf][0]?.message)
    }).pipe(Effect.catchAll(({ message }) => sayOnce(message)))

    if (feed.kind === "live") yield* Effect.forkScoped(Effect.repeat(round, Schedule.spaced(pause)))
  })
)

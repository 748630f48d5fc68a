import { Effect, Layer, Schedule } from "effect"
import { PaperAccounts } from "./PaperAccounts.ts"
import { MarketFeed } from "./MarketFeed.ts"

/** Time between two polls of the market. */
const interval = "3 seconds"

/**
 * Observes a live market as long as orders rest there, so that they are filled at the price they wait for. Polls only the
 * pairs of open orders, one after the other. A failure is logged once and tried again at the next poll.
 */
export const RestingOrderPoller = Layer.scopedDiscard(
  Effect.gen(function* () {
    const accounts = yield* PaperAccounts
    const feed = yield* MarketFeed
    let failing = false

    /** Logs when polls begin to fail, and when they work again. */
    const logChange = Effect.fnUntraced(function* (reason: string | undefined) {
      if (reason !== undefined && !failing) yield* Effect.logWarning(`Open paper orders are not checked: ${reason}`)
      if (reason === undefined && failing) yield* Effect.logInfo("Open paper orders are checked again")
      failing = reason !== undefined
    })

    const poll = Effect.gen(function* () {
      const [unreadable, open] = yield* Effect.partition(yield* accounts.possiblyOpen, (account) =>
        Effect.map(accounts.openPairs(account), (pairs) => ({ account, pairs }))
      )
      const [unobserved, found] = yield* Effect.partition(new Set(open.flatMap(({ pairs }) => pairs)), (pair) =>
        Effect.map(feed.observe([pair]), (observations) => [pair, observations] as const)
      )
      const observed = new Map(found)
      const [notJournalled] = yield* Effect.partition(open, ({ account, pairs }) =>
        accounts.observe(
          account,
          pairs.flatMap((pair) => observed.get(pair) ?? [])
        )
      )
      yield* logChange([...unobserved, ...unreadable, ...notJournalled][0]?.message)
    }).pipe(Effect.catchAll(({ message }) => logChange(message)))

    if (feed.kind === "live") yield* Effect.forkScoped(Effect.repeat(poll, Schedule.spaced(interval)))
  })
)

import { DateTime, Duration, Effect, Layer } from "effect"
import { type Endpoint, endpoints, isPrivate, type Params } from "../../../domain/endpoints/endpoints.ts"
import { engineLimits, publicLimit, restLimits, type Tier } from "../../../domain/endpoints/rateCosts.ts"
import { report } from "../../../services/CallContext.ts"
import { clocks, monotonic } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import type { Priority } from "../../../services/KrakenClient.ts"
import { KrakenLockout, KrakenRateLimitError } from "../../../services/KrakenErrors.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { RateBudgetOff } from "./RateBudgetOff.ts"
import { chargesOf } from "./charges.ts"
import { type LeakyBucket, makeLeakyBucket, type BucketRequest } from "./leakyBucket.ts"
import { makeBucketsByKey } from "./bucketsByKey.ts"
import { makeRecentOrders, pairKey } from "./recentOrders.ts"

/** Kraken's counters as its documents describe them, for the tier in the settings; no gates at all for `off`. */
export const RateBudgetModel = Layer.unwrapEffect(
  Effect.map(Config, ({ tier }) =>
    tier === "off" ? RateBudgetOff : Layer.sync(RateBudget, () => makeRateBudget(tier))
  )
)

/** Kept on the REST counter for looking up what became of a write: a look costs 1 or 2. */
const kept = 3

const lockout = Duration.minutes(15)

const ranks: Record<Priority, number> = { cancel: 0, settlement: 1, write: 2, read: 3 }

/** A budget for one account. */
export const makeRateBudget = (tier: Tier): typeof RateBudget.Service => {
  const restLimit = restLimits[tier]
  const rest = makeLeakyBucket(restLimit)
  const engines = makeBucketsByKey(engineLimits[tier])
  const addresses = makeBucketsByKey(publicLimit)
  const orders = makeRecentOrders()
  let unlocked = -Infinity // monotonic, ms

  const pass = (
    gate: LeakyBucket,
    endpoint: Endpoint,
    limiter: KrakenRateLimitError["limiter"],
    passage: BucketRequest
  ) =>
    Effect.catchTag(
      gate.pass(passage, (seconds) =>
        report({ progress: 0, message: `Waiting ${Math.ceil(seconds)} s for Kraken's rate limit` })
      ),
      "TooLong",
      ({ seconds: retryAfterSeconds }) =>
        new KrakenRateLimitError({ endpoint, limiter, retryAfterSeconds, refusedBy: "mcp-kraken" })
    )

  const publicGate = (endpoint: Endpoint, { pair }: Params) =>
    addresses.of(endpoints[endpoint].countedBy === "pair" ? `${endpoint} ${pairKey(pair)}` : "")

  const takeRest = (endpoint: Endpoint, priority: Priority) => {
    const cost = endpoints[endpoint].restCost
    const keep = priority === "read" || priority === "write" ? kept : 0
    return cost === 0 ? Effect.void : pass(rest, endpoint, "rest", { cost, rank: ranks[priority], keep })
  }

  /** Cancels are counted and not held back: better that Kraken says no than that nobody asks. */
  const takeEngine = Effect.fnUntraced(function* (endpoint: Endpoint, params: Params, priority: Priority) {
    const charges = chargesOf(endpoint, params, orders, yield* monotonic)
    for (const { cost, isCancel, pair } of charges) {
      const gate = yield* engines.of(pair)
      if (isCancel) yield* gate.add(cost)
      else yield* pass(gate, endpoint, "engine", { cost, rank: ranks[priority], keep: 0 })
    }
  })

  const refuseLockedOut = (endpoint: Endpoint) =>
    Effect.flatMap(clocks, ({ monotonic, wall }) =>
      monotonic < unlocked
        ? new KrakenLockout({ endpoint, until: DateTime.unsafeMake(wall + unlocked - monotonic) })
        : Effect.void
    )

  return {
    take: Effect.fnUntraced(function* (endpoint, params, priority) {
      if (!isPrivate(endpoint)) {
        const gate = yield* publicGate(endpoint, params)
        return yield* pass(gate, endpoint, "public", { cost: 1, rank: ranks[priority], keep: 0 })
      }
      yield* refuseLockedOut(endpoint)
      yield* takeRest(endpoint, priority)
      yield* takeEngine(endpoint, params, priority)
      // While it waited, another call may have found the key locked out.
      yield* refuseLockedOut(endpoint)
    }),
    carriedOut: Effect.fn("RateBudget.carriedOut")(function* (endpoint, params, result) {
      orders.carriedOut(endpoint, params, result, yield* monotonic)
    }),
    exceeded: Effect.fn("RateBudget.exceeded")(function* (endpoint, params, limiter) {
      switch (limiter) {
        case "rest":
        case "auth":
          return yield* rest.fill
        case "public":
          return yield* Effect.flatMap(publicGate(endpoint, params), ({ fill }) => fill)
        case "engine":
        case "domain": {
          const charges = chargesOf(endpoint, params, orders, yield* monotonic)
          yield* Effect.forEach(charges, ({ pair }) => Effect.flatMap(engines.of(pair), ({ fill }) => fill))
        }
      }
    }),
    lockedOut: Effect.fn("RateBudget.lockedOut")(function* (endpoint) {
      const { monotonic, wall } = yield* clocks
      const lasts = Duration.toMillis(lockout)
      unlocked = monotonic + lasts
      return new KrakenLockout({ endpoint, until: DateTime.unsafeMake(wall + lasts) })
    }),
    remaining: Effect.map(rest.level, (level) => ({
      rest: { ...restLimit, remaining: Math.max(0, Math.floor((restLimit.maximum - level) * 100) / 100) }
    }))
  }
}

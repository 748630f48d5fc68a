import { Effect, Layer } from "effect"
import { type Endpoint, endpoints, isPrivate, type Params } from "../../../domain/endpoints/endpoints.ts"
import { engineLimits, type Limit, publicLimit, restLimits, type Tier } from "../../../domain/endpoints/rateCosts.ts"
import { report } from "../../../services/CallContext.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import type { Priority } from "../../../services/KrakenClient.ts"
import { KrakenRateLimitError } from "../../../services/KrakenErrors.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { accountLabel } from "../../metrics/accountLabel.ts"
import { rateRefusals, rateWaits } from "../../metrics/instruments.ts"
import { makeRateBudgetOff } from "./RateBudgetOff.ts"
import { chargesOf } from "./charges.ts"
import { type BucketRequest, type LeakyBucket, makeLeakyBucket, type SharedLevel } from "./leakyBucket.ts"
import { makeBucketsByKey } from "./bucketsByKey.ts"
import { makeLockout, type SharedLockout } from "./lockout.ts"
import { makeRecentOrders, pairKey } from "./recentOrders.ts"

/** One budget that models Kraken's documented counters, for the tier in the settings; without limits if the tier is `off`. */
export const RateBudgetModel = Layer.unwrapEffect(
  Effect.map(Config, ({ account, tier }) =>
    Layer.sync(RateBudget, () => {
      const label = accountLabel({ account })
      return tier === "off" ? makeRateBudgetOff(label) : makeRateBudget(tier, label)
    })
  )
)

/** The part of the REST limit that is reserved for look-ups of writes, which cost 1 or 2 each. */
const reservedForLookUps = 3

/** Returns the points that are left, to two decimals. */
const left = ({ maximum }: Limit, level: number): number => Math.max(0, Math.floor((maximum - level) * 100) / 100)

/** The counters and the lockout of a key that all of its servers share. */
export interface SharedRates extends SharedLockout {
  /** Makes the counter of a name. */
  readonly level: (name: string, limit: Limit) => SharedLevel
}

/**
 * Makes the budget of one account. `label` is the name of the account in metrics. Several servers of a key share `shared`: the
 * counters of the key and its lockout, while Kraken counts public calls by their address.
 */
export const makeRateBudget = (tier: Tier, label = "", shared?: SharedRates): typeof RateBudget.Service => {
  const restLimit = restLimits[tier]
  const rest = makeLeakyBucket(restLimit, shared?.level("rest", restLimit))
  const engineLimit = engineLimits[tier]
  const engine = makeBucketsByKey(engineLimit, shared && ((pair) => shared.level(`engine ${pair}`, engineLimit)))
  const publicBuckets = makeBucketsByKey(publicLimit)
  const orders = makeRecentOrders()
  const lockout = makeLockout(label, shared)

  const takeFrom = (
    bucket: LeakyBucket,
    endpoint: Endpoint,
    limiter: KrakenRateLimitError["limiter"],
    request: BucketRequest
  ) =>
    Effect.catchTag(
      bucket.take(request, (seconds) => {
        rateWaits.record(seconds, limiter, label)
        return report({ progress: 0, message: `Waiting ${Math.ceil(seconds)} s for Kraken's rate limit` })
      }),
      "WaitTooLong",
      ({ seconds: retryAfterSeconds }) =>
        new KrakenRateLimitError({ endpoint, limiter, retryAfterSeconds, refusedBy: "mcp-kraken" })
    )

  const publicBucket = (endpoint: Endpoint, { pair }: Params) =>
    publicBuckets.of(endpoints[endpoint].countedBy === "pair" ? `${endpoint} ${pairKey(pair)}` : "")

  const takeRest = (endpoint: Endpoint, priority: Priority) => {
    const cost = endpoints[endpoint].restCost
    const reserved = priority === "read" || priority === "write" ? reservedForLookUps : 0
    return cost === 0 ? Effect.void : takeFrom(rest, endpoint, "rest", { cost, priority, reserved })
  }

  /** Cancels are counted but never held back: Kraken decides on them. */
  const takeEngine = Effect.fnUntraced(function* (endpoint: Endpoint, params: Params, priority: Priority) {
    const charges = chargesOf(endpoint, params, orders, yield* monotonic)
    for (const { cost, isCancel, pair } of charges) {
      const bucket = engine.of(pair)
      if (isCancel) yield* bucket.add(cost)
      else yield* takeFrom(bucket, endpoint, "engine", { cost, priority, reserved: 0 })
    }
  })

  return {
    take: Effect.fnUntraced(function* (endpoint, params, priority) {
      if (!isPrivate(endpoint)) {
        const request = { cost: 1, priority, reserved: 0 }
        return yield* takeFrom(publicBucket(endpoint, params), endpoint, "public", request)
      }
      yield* lockout.check(endpoint)
      yield* takeRest(endpoint, priority)
      yield* takeEngine(endpoint, params, priority)
      // Meanwhile, another call or another server might have found the key locked out.
      yield* lockout.check(endpoint)
    }),
    carriedOut: Effect.fn("RateBudget.carriedOut")(function* (endpoint, params, result) {
      orders.carriedOut(endpoint, params, result, yield* monotonic)
    }),
    exceeded: Effect.fn("RateBudget.exceeded")(function* (endpoint, params, limiter) {
      rateRefusals.add(limiter, label)
      switch (limiter) {
        case "rest":
        case "auth":
          return yield* rest.fill
        case "public":
          return yield* publicBucket(endpoint, params).slowDown
        case "engine":
        case "domain": {
          const charges = chargesOf(endpoint, params, orders, yield* monotonic)
          yield* Effect.forEach(charges, ({ pair }) => engine.of(pair).fill)
        }
      }
    }),
    lockedOut: lockout.begin,
    remaining: Effect.map(rest.level, (level) => ({ rest: { ...restLimit, remaining: left(restLimit, level) } })),
    remainingOfEngine: Effect.map(engine.highest, (level) => ({
      maximum: engineLimit.maximum,
      remaining: left(engineLimit, level)
    }))
  }
}

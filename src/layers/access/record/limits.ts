import { Duration, Option } from "effect"
import { endpoints, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { passesStop } from "../../../domain/endpoints/stopping.ts"
import type { Claim, Spend } from "../../../domain/mandates/claim.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Limits } from "../../../services/Record.ts"
import { namesThatMove } from "./endpointNames.ts"
import type { Now } from "./now.ts"
import { changed, frozen, frozenOrChanged } from "./mandates.ts"
import { readTerms } from "./openSpends.ts"
import { keepReached, ownershipReached } from "./ownership.ts"
import type { Party } from "./party.ts"
import { replacedTokens } from "./replacedTokens.ts"
import { spendingReached } from "./spendingLimits.ts"
import { column, filter, first, map, type Steps, value } from "../../storage/steps.ts"

/** The largest difference between our clock and Kraken's at which both count as right, in milliseconds. */
const trustedDifference = Duration.toMillis("1 minute")

const minute = Duration.toMillis("1 minute")

/** Finds the reason for which a write has no room. */
export function* judge(
  now: Now,
  party: Party,
  { claim, endpoint }: { readonly endpoint: WriteEndpoint; readonly claim?: Claim | undefined },
  limits: Limits
): Steps<NoRoom | undefined> {
  const { moves } = endpoints[endpoint]
  const isStoppable = !passesStop(endpoint)
  if (moves === "cancels") return isStoppable ? yield* frozen(party) : undefined
  const barred = isStoppable ? yield* frozenOrChanged(party) : yield* changed(party)
  if (barred !== undefined) return barred
  const isLimited = Option.isSome(party.mandate) || limits.server !== undefined
  // Without a claim the write was not judged, which a change of the limits in the meantime can cause.
  if (claim === undefined)
    return isLimited && moves !== "nothing" ? { _tag: "Changed" } : yield* rateReached(now, party)
  const clock = clockDifference(now, limits)
  const found =
    (yield* rateReached(now, party)) ??
    (yield* amendmentsReached(party, claim)) ??
    (yield* openOrdersReached(party, claim)) ??
    (yield* ownershipReached(party, claim)) ??
    (yield* keepReached(party, claim, limits)) ??
    (yield* spendingReached(now, party, claim, limits))
  return found?._tag === "Limit" && clock !== undefined ? { ...found, clockDifference: clock } : found
}

const clockDifference = (now: Now, { krakenTime = now.wall }: Limits): number | undefined => {
  const difference = Math.abs(now.wall - krakenTime)
  return difference > trustedDifference ? difference : undefined
}

const cancels = namesThatMove("cancels")

/**
 * The times of the newest writes of a caller in the last minute, refused ones included, newest first. Those of tokens that
 * it replaced are its own.
 */
export function* recentWrites(
  now: Now,
  { account, caller, key, mandate }: Party,
  most: number
): Steps<ReadonlyArray<number>> {
  const since = now.wall - minute
  const replaced = Option.isNone(mandate)
    ? []
    : yield* replacedTokens({ subject: mandate.value.subject, token: caller }, since)
  const times = yield* map([caller, ...replaced], (token) =>
    column<number>(
      `SELECT at FROM intents WHERE key = ? AND account = ? AND caller = ? AND endpoint NOT IN (${cancels})
       ORDER BY seq DESC LIMIT ?`,
      key,
      account,
      token,
      most
    )
  )
  return times
    .flat()
    .filter((at) => at > since)
    .toSorted((a, b) => b - a)
    .slice(0, most)
}

function* rateReached(now: Now, party: Party): Steps<NoRoom | undefined> {
  const rate = Option.getOrUndefined(party.mandate)?.terms.rate
  if (rate === undefined) return undefined
  const times = yield* recentWrites(now, party, rate)
  if (times.length < rate) return undefined
  const oldest = times.at(-1)
  return {
    _tag: "Limit",
    layer: "mandate",
    limit: "rate",
    asked: "1",
    allowed: String(rate),
    left: "0",
    unit: "writes a minute",
    ...(oldest !== undefined && { availableAt: oldest + minute })
  }
}

/** Counts the open orders of a mandate. */
export function* openOrders({ account, key }: Party, subject: string): Steps<number> {
  return Number(
    yield* value(
      "SELECT coalesce(sum(open_orders), 0) FROM spends WHERE key = ? AND account = ? AND subject = ? AND state = 'open'",
      key,
      account,
      subject
    )
  )
}

/** Orders that only reduce always pass. Those that fills of other orders made count, and are never refused. */
function* openOrdersReached(party: Party, claim: Claim): Steps<NoRoom | undefined> {
  const { subject, terms } = Option.getOrElse(party.mandate, () => ({ subject: "", terms: undefined }))
  const added = claim.spends.filter(
    ({ kind, order, parent, raises }) =>
      kind === "order" && parent === undefined && raises === undefined && order?.reduces !== true
  ).length
  if (terms?.maxOpen === undefined || added === 0) return undefined
  const left = Math.max(0, terms.maxOpen - (yield* openOrders(party, subject)))
  return added <= left
    ? undefined
    : {
        _tag: "Limit",
        layer: "mandate",
        limit: "max-open",
        asked: String(added),
        allowed: String(terms.maxOpen),
        left: String(left),
        unit: "open orders"
      }
}

/**
 * Checks that the orders that a claim raises stand as they were judged. The bounds of two amendments do not add up: one can
 * raise the volume and the other one the price. So a second one waits for the outcome of the first, and is judged anew.
 */
function* amendmentsReached(party: Party, claim: Claim): Steps<NoRoom | undefined> {
  const raised = claim.spends.flatMap(({ raises }) => (raises === undefined ? [] : [raises]))
  const standing = yield* filter(raised, standsAsJudged)
  return standing.length === raised.length
    ? undefined
    : {
        _tag: "Limit",
        layer: Option.isSome(party.mandate) ? "mandate" : "server",
        limit: "amendments",
        asked: "1",
        allowed: "1",
        left: "0",
        unit: "amendments of one order at a time"
      }
}

function* standsAsJudged({ from, intent, n }: NonNullable<Spend["raises"]>): Steps<boolean> {
  const order = yield* first<{ readonly amount: string; readonly terms: string | null }>(
    `SELECT amount, terms FROM spends WHERE seq = @intent AND n = @n AND state = 'open'
       AND NOT EXISTS (SELECT 1 FROM spends WHERE of_seq = @intent AND of_n = @n)`,
    { intent, n }
  )
  if (order === undefined || order.terms === null) return false
  const { price, volume } = readTerms(intent, order.terms)
  return order.amount === from.amount && volume === from.volume && price === from.price
}

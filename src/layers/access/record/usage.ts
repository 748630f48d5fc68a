import { Option } from "effect"
import type { Owned, Usage } from "../../../domain/mandates/room.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Limits } from "../../../services/Record.ts"
import type { Now } from "./now.ts"
import { openOrders, recentWrites } from "./limits.ts"
import { frozen } from "./mandates.ts"
import { ownedOf } from "./ownership.ts"
import { type Party, subjectOf } from "./party.ts"
import { limitUsages } from "./spendingLimits.ts"
import { windowTime } from "./windows.ts"
import { column, map, type Steps } from "../../storage/steps.ts"

/** Reads what a caller has used of its limits. */
export function* usageOf(now: Now, party: Party, limits: Limits): Steps<Usage> {
  const at = yield* windowTime(now, party, limits)
  const terms = Option.getOrUndefined(party.mandate)?.terms
  const subject = subjectOf(party)
  const stopped = yield* frozen(party)
  const assets =
    subject === undefined
      ? []
      : yield* column<string>(
          "SELECT asset FROM holdings WHERE scope = ? AND key = ? AND account = ?",
          subject,
          party.key,
          party.account
        )
  const given =
    terms === undefined ? [] : [...Object.keys(terms.grants), ...(terms.capital ? [terms.capital.asset] : [])]
  return {
    ...(terms !== undefined && { terms }),
    limits: yield* limitUsages(party, limits.server, at),
    owned: Object.fromEntries(
      subject === undefined
        ? []
        : yield* map([...new Set([...given, ...assets])].toSorted(), function* (asset): Steps<
            readonly [string, Owned]
          > {
            return [asset, yield* ownership(party, subject, asset)]
          })
    ),
    openOrders: subject === undefined ? 0 : yield* openOrders(party, subject),
    writes: (yield* recentWrites(now, party, terms?.rate ?? 1000)).length,
    ...(stopped !== undefined && { frozen: stopped })
  }
}

function* ownership(party: Party, subject: string, asset: string): Steps<Owned> {
  const { owned, reserved } = yield* ownedOf(party, subject, asset)
  return { amount: D.format(owned), reserved: D.format(reserved) }
}

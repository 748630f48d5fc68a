import type { Database } from "better-sqlite3"
import { Option } from "effect"
import type { Owned, Usage } from "../../../domain/mandates/room.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Limits } from "../../../services/Record.ts"
import type { Now } from "./intents.ts"
import { openOrders, recentWrites } from "./limits.ts"
import { frozen } from "./mandates.ts"
import { ownedOf } from "./ownership.ts"
import { type Party, subjectOf } from "./party.ts"
import { limitUsages } from "./spendingLimits.ts"
import { statement } from "./statement.ts"
import { windowTime } from "./windows.ts"

/** Reads what a caller has used of its limits. */
export const usageOf = (db: Database, now: Now, party: Party, limits: Limits): Usage => {
  const at = windowTime(db, now, party, limits)
  const terms = Option.getOrUndefined(party.mandate)?.terms
  const subject = subjectOf(party)
  const stopped = frozen(db, party)
  const assets =
    subject === undefined
      ? []
      : (statement(db, "SELECT asset FROM holdings WHERE scope = ? AND key = ? AND account = ?")
          .pluck()
          .all(subject, party.key, party.account) as ReadonlyArray<string>)
  const given =
    terms === undefined ? [] : [...Object.keys(terms.grants), ...(terms.capital ? [terms.capital.asset] : [])]
  return {
    ...(terms !== undefined && { terms }),
    limits: limitUsages(db, party, limits.server, at),
    owned: Object.fromEntries(
      subject === undefined
        ? []
        : [...new Set([...given, ...assets])].toSorted().map((asset) => [asset, ownership(db, party, subject, asset)])
    ),
    openOrders: subject === undefined ? 0 : openOrders(db, party, subject),
    writes: recentWrites(db, now, party, terms?.rate ?? 1000).length,
    ...(stopped !== undefined && { frozen: stopped })
  }
}

const ownership = (db: Database, party: Party, subject: string, asset: string): Owned => {
  const { owned, reserved } = ownedOf(db, party, subject, asset)
  return { amount: D.format(owned), reserved: D.format(reserved) }
}

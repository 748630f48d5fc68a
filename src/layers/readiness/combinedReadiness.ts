import { Effect } from "effect"
import type { KrakenAccountName } from "../../services/KrakenAccount.ts"
import type { Fault, Readiness } from "../../services/Readiness.ts"

/** The readiness of one Kraken account. */
export interface AccountReadiness {
  readonly account: KrakenAccountName
  readonly hasKey: boolean
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
}

/** Combines the readiness of Kraken accounts. A server is ready as long as one of its keys can be used. */
export const combinedReadiness = (each: ReadonlyArray<AccountReadiness>): typeof Readiness.Service => {
  const logged = each.map(({ account, faults, hasKey }) => ({
    account,
    hasKey,
    faults: Effect.annotateLogs(faults, { account })
  }))
  const withKey = logged.filter(({ hasKey }) => hasKey)
  const counted = withKey.length > 0 ? withKey : logged
  return {
    faults: Effect.map(
      Effect.forEach(counted, ({ faults }) => faults, { concurrency: "unbounded" }),
      (all) => {
        const [fewest = []] = all.toSorted((a, b) => a.length - b.length)
        return fewest
      }
    ),
    faultsOf: (name) => logged.find(({ account }) => account === name)?.faults ?? Effect.succeed(unknown)
  }
}

const unknown: ReadonlyArray<Fault> = [{ part: "key", reason: "This server has no such account." }]

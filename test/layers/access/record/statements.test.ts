import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { everyone, type Claim } from "../../../../src/domain/mandates/claim.ts"
import { budgetMandate } from "../../../../src/domain/mandates/termDefaults.ts"
import { accountsOf } from "../../../../src/layers/access/mandates/accounts.ts"
import { prune, rekey } from "../../../../src/layers/access/record/administer.ts"
import * as Emergency from "../../../../src/layers/access/record/emergency.ts"
import { judge } from "../../../../src/layers/access/record/limits.ts"
import { listRows, rowAt, rowsAbout, rowsAfter } from "../../../../src/layers/access/record/listing.ts"
import * as Spends from "../../../../src/layers/access/record/openSpends.ts"
import { availableOf } from "../../../../src/layers/access/record/ownership.ts"
import type { Party } from "../../../../src/layers/access/record/party.ts"
import { replacedTokens } from "../../../../src/layers/access/record/replacedTokens.ts"
import { summaryOf } from "../../../../src/layers/access/record/summary.ts"
import { undecided } from "../../../../src/layers/access/record/undecided.ts"
import { usageOf } from "../../../../src/layers/access/record/usage.ts"
import type { Steps } from "../../../../src/layers/storage/steps.ts"
import { homeInFile, homeInPostgres } from "../../../homes.ts"
import { inPostgres, isPostgresMissing } from "../../../postgres.ts"
import { sampleEvents } from "../../../cli/audit/sampleRecord.ts"
import { append } from "../../../../src/layers/access/record/append.ts"

const terms = { ...budgetMandate, keep: { USD: "5" }, capital: { asset: "USD", amount: "500" } }
const mandate = Option.some({ subject: "s", revision: 1, terms })
const party: Party = { key: "k", account: "a", caller: "local", mandate }
const now = { process: "p", wall: 5_000_000, monotonic: 1 }

const claim: Claim = {
  subject: "s",
  revision: 1,
  spends: [
    {
      kind: "order",
      asset: "USD",
      amount: "1",
      gets: "BTC",
      counts: [
        { scope: "s", bucket: "USD", rate: "1" },
        { scope: everyone, bucket: "USD", rate: "1" }
      ],
      order: { index: 0, pair: "BTC/USD", volume: "1", reduces: false, type: "buy" }
    }
  ]
}

const filter = { limit: 2, before: Option.none(), caller: Option.none(), state: Option.none() }
const report = { asOf: 0, available: { USD: "10" } }

/** All that is read of a record, and what changes it without an event of a test of its own. */
const uses: Readonly<Record<string, () => Steps<unknown>>> = {
  listRows: () => listRows(filter),
  listOpen: () => listRows({ ...filter, before: Option.some(3), caller: Option.some("c"), state: Option.some("open") }),
  rowsAbout: () => rowsAbout(1),
  rowsAfter: () => rowsAfter(1),
  rowAt: () => rowAt(1),
  openSpends: () => Spends.openSpendsOf(party, "own"),
  allOpenSpends: () => Spends.openSpendsOf(party, "everyone"),
  unsettled: () => Spends.unsettledOf(party, ["USD"]),
  ownIds: () => Spends.ownIds(party, ["O1"], "txid"),
  ownWithdrawals: () => Spends.ownWithdrawals(party, ["O1"]),
  leveragedPairs: () => Spends.leveragedPairs(party),
  usedClientIds: () => Spends.usedClientIds(party, ["order-1"]),
  available: () => availableOf(party, "USD"),
  judge: () => judge(now, party, { endpoint: "private/AddOrder", claim }, { report }),
  usage: () => usageOf(now, party, {}),
  summary: () => summaryOf(now, "k", { local: Option.some(terms), server: Option.none() }),
  accounts: () => accountsOf("s"),
  replacedTokens: () => replacedTokens({ subject: "s", token: "t" }, 1),
  undecided: () => undecided(now.wall),
  inFlight: () => Emergency.inFlight(1, 2),
  runningTimer: () => Emergency.runningTimer("k", 1),
  ownOrders: () => Emergency.ownOrders([{ txid: "O1", clOrdId: "order-1" }, { txid: "O2" }]),
  keysSince: () => Emergency.keysSince(1),
  tokensSince: () => Emergency.tokensSince("k", 1),
  writesSince: () => Emergency.writesSince(1),
  secret: () => Emergency.secretIn(),
  provenGone: () => Emergency.provenGone(now, { account: "a", key: "k", all: true }),
  halt: () => Emergency.halt({ since: 6_000_000, by: "local" }),
  release: () => Emergency.release(6_000_001),
  rekey: () => rekey(6_000_002, "k", "another"),
  prune: () => prune(9_000_000_000, 8_000_000_000)
}

describe.skipIf(isPostgresMissing)(`what is read of a record ${inPostgres}`, () => {
  it.scopedLive(
    "is what is read of it in SQLite",
    () =>
      Effect.gen(function* () {
        const homes = [yield* (yield* homeInFile).database, yield* (yield* homeInPostgres).database] as const
        for (const db of homes) for (const event of sampleEvents) yield* db.write(() => append(event))
        for (const [name, steps] of Object.entries(uses)) {
          const [expected, found] = yield* Effect.forEach(homes, (db) => db.write(steps))
          assert.deepStrictEqual(found, expected, name)
        }
      }),
    60_000
  )
})

import { DateTime, Effect, Layer, Option } from "effect"
import type { Endpoint, Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { classicPermissions } from "../../../../src/domain/keys/permissions.ts"
import type { Spend } from "../../../../src/domain/mandates/claim.ts"
import type { Mandate } from "../../../../src/domain/mandates/mandate.ts"
import type { OutcomeName } from "../../../../src/domain/record/events.ts"
import { RecordSql } from "../../../../src/layers/access/record/RecordSql.ts"
import { makeLimitGuard, type Room } from "../../../../src/layers/kraken/limits/limitGuard.ts"
import { makeReadBack } from "../../../../src/layers/kraken/limits/readBack.ts"
import { Approvals } from "../../../../src/services/Approvals.ts"
import { KrakenClient, type Priority, type ReadError } from "../../../../src/services/KrakenClient.ts"
import { KrakenOrderError, type KrakenPrecheckFailed } from "../../../../src/services/KrakenErrors.ts"
import { PermissionCache } from "../../../../src/services/PermissionCache.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { Record, type RecordUnavailable } from "../../../../src/services/Record.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { keyOf } from "../../../doubles/WriterAccount.ts"
import { NoApprovals } from "../../../doubles/NoApprovals.ts"
import { bearerOf } from "../../../doubles/TestPrincipal.ts"
import { directory } from "../../../fixtures/krakenLists.ts"
import { saveMandate, subject } from "../../../doubles/LimitedAgent.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

type Rows = { [id: string]: globalThis.Record<string, unknown> }

/** An account at Kraken whose lists a test writes. */
export const makeLists = () => {
  const open: Rows = {}
  const closed: Rows = {}
  const trades: Rows = {}
  /** Orders that `QueryOrders` leaves out. */
  const leftOut = new Set<string>()
  /** The step that another call takes while an order book is read. */
  const meanwhile: { takes: Effect.Effect<void, ReadError | KrakenPrecheckFailed | RecordUnavailable> } = {
    takes: Effect.void
  }
  const reads: Array<{
    readonly endpoint: Endpoint
    readonly params: Params
    readonly priority: Priority | undefined
  }> = []
  const pageOf = (rows: Rows, { cl_ord_id, ofs = 0 }: Params) =>
    Object.fromEntries(
      Object.entries(rows)
        .filter(([, row]) => cl_ord_id === undefined || row["cl_ord_id"] === cl_ord_id)
        .slice(Number(ofs), Number(ofs) + 50)
    )
  const some = (endpoint: Endpoint, rows: Rows, { txid }: Params) => {
    const ids = String(txid).split(",")
    return ids.every((id) => rows[id] !== undefined)
      ? Effect.succeed(Object.fromEntries(ids.filter((id) => !leftOut.has(id)).map((id) => [id, rows[id]])))
      : new KrakenOrderError({ endpoint, codes: ["EOrder:Invalid order"] })
  }
  const answers = (endpoint: Endpoint, params: Params): Effect.Effect<unknown, ReadError> => {
    switch (endpoint) {
      case "private/OpenOrders":
        return Effect.succeed({ open: { ...open } })
      case "private/ClosedOrders":
        return Effect.succeed({ closed: pageOf(closed, params) })
      case "private/TradesHistory":
        return Effect.succeed({ trades: pageOf(trades, params) })
      case "private/QueryOrders":
        return some(endpoint, { ...open, ...closed }, params)
      case "private/QueryTrades":
        return some(endpoint, trades, params)
      case "public/Depth":
        return Effect.as(Effect.orDie(meanwhile.takes), {
          XXBTZUSD: { asks: [["50010", "10", 0]], bids: [["49990", "10", 0]] }
        })
      case "private/TradeVolume":
        return Effect.succeed({ currency: "ZUSD", volume: "0", fees: { XXBTZUSD: { fee: "0.40", maxfee: "0.40" } } })
      default:
        return Effect.die(endpoint)
    }
  }
  const client = Layer.mock(KrakenClient, {
    read: (endpoint, params, { priority } = {}) =>
      Effect.suspend(() => {
        reads.push({ endpoint, params, priority })
        return answers(endpoint, params)
      }),
    now: DateTime.now,
    clock: Effect.succeed({ epoch: 0, within: 0 })
  })
  return { open, closed, trades, leftOut, meanwhile, reads, client }
}

export type Lists = ReturnType<typeof makeLists>

/** Makes the reading of orders on these lists, with a record in a file. All calls are those of an agent with a mandate. */
export const makeAgent = Effect.fnUntraced(function* (
  { client }: Pick<Lists, "client">,
  terms: Mandate,
  permissions: ReadonlyArray<string> | undefined = classicPermissions
) {
  const folder = yield* temporaryFolder
  yield* saveMandate(folder, terms)
  const record = yield* Effect.provide(
    Record,
    yield* Layer.build(Layer.provide(RecordSql, TestConfig({ stateDir: folder })))
  )
  const known = Option.map(Option.fromNullable(permissions), (names) => keyOf(names))
  const keys = Layer.mock(PermissionCache, { known: Effect.succeed(known) })
  const context = {
    ...(yield* Effect.all({ approvals: Approvals, kraken: KrakenClient, keys: PermissionCache }).pipe(
      Effect.provide(Layer.mergeAll(client, keys, NoApprovals))
    )),
    record,
    directory: Effect.succeed(directory)
  }
  const asAgent = Effect.provideService(Principal, {
    ...bearerOf(subject),
    mandate: Option.some({ subject, revision: 1, terms })
  })
  const readBack = makeReadBack(context)
  const guard = makeLimitGuard(context, Option.none(), readBack)
  return {
    record,
    asAgent,
    readBack: (scope: "own" | "everyone" = "own") => asAgent(readBack(scope, "private/AddOrder")),
    /** Judges a write as it is judged before it is sent. */
    guard: (endpoint: WriteEndpoint, params: Params, room?: Room) => asAgent(guard(endpoint, params, undefined, room)),
    open: asAgent(record.openSpends("own")),
    /** Records a write, and its outcome if that is given. Returns the number of its row. */
    write: Effect.fnUntraced(function* (
      spends: ReadonlyArray<Spend>,
      outcome?: { readonly is: OutcomeName; readonly ids?: ReadonlyArray<string> }
    ) {
      const admission = yield* record.begin(
        { endpoint: "private/AddOrder", params: {}, fingerprints: [], claim: { subject, revision: 1, spends } },
        { repeat: false }
      )
      if (admission._tag !== "Begun") return yield* Effect.die(admission)
      const { intent } = admission
      if (outcome !== undefined) yield* record.end(intent, { outcome: outcome.is, ids: outcome.ids ?? [] })
      return intent.seq
    }, asAgent),
    used: Effect.map(asAgent(record.usage({})), ({ limits, openOrders, owned }) => ({
      day: limits.find(({ window }) => window === "day")?.used,
      openOrders,
      owned: Object.fromEntries(Object.entries(owned).map(([asset, { amount }]) => [asset, amount]))
    }))
  }
})

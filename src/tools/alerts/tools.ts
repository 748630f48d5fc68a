import { Clock, Duration, Effect, Option, Schema, Struct } from "effect"
import { type AlertCondition, alertLimits } from "../../domain/alerts/alert.ts"
import { alertBan } from "../../domain/alerts/alertBan.ts"
import { endpoints } from "../../domain/endpoints/endpoints.ts"
import { boundsFault } from "../../domain/live/bounds.ts"
import * as D from "../../domain/numbers/decimal.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import { type Alert, Alerts } from "../../services/Alerts.ts"
import { earliestNow, KrakenClient } from "../../services/KrakenClient.ts"
import { NotAllowed } from "../../services/LimitErrors.ts"
import { Names } from "../../services/Names.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { Principal } from "../../services/Principal.ts"
import * as Arguments from "../kit/arguments.ts"
import { optional, OrderId, withDefault } from "../kit/fields.ts"
import { lookUp } from "../kit/lookUp.ts"
import { AssetName, PairName } from "../kit/nameFields.ts"
import { Decimal, integer } from "../kit/numberFields.ts"
import { pairOf } from "../kit/pairOf.ts"
import { isoOf } from "../kit/timeText.ts"
import * as Tool from "../kit/tool.ts"

/** The pause between two looks for fired alerts, which another process can mark as well. */
const pause = "250 millis"

/** A row of an alert, whose fields name themselves. Naming them in the schema too would cost each conversation more. */
const AlertRow = Schema.Record({ key: Schema.String, value: Schema.Unknown }).annotations({
  jsonSchema: { type: "object" }
})

/** The time that making an alert waits for the state of its order. */
const patience = "3 seconds"

const days = (count: number) => Duration.toMillis(Duration.days(count))

/** It changes only state of this server, so that callers that only read can use it. */
const ofReaders = { intent: "write", reads: () => true } as const

const input = {
  kind: Schema.Literal("price", "fill", "balance"),
  pair: optional(PairName),
  asset: optional(AssetName),
  txid: optional(OrderId),
  above: optional(Decimal),
  below: optional(Decimal),
  days: withDefault(integer("Days until it ends", 1, alertLimits.days), alertLimits.days)
}
type Input = Schema.Struct.Type<typeof input>

/** The fields of each kind. */
const fieldsOf = {
  price: ["pair", "above", "below"],
  fill: ["txid"],
  balance: ["asset", "above", "below"]
} as const

const optionalFields = ["pair", "asset", "txid", "above", "below"] as const

const bounds = ["above", "below"] as const

/** Checks that a bound is below all prices, or all balances. */
const isBelowLeast = (kind: Input["kind"], bound: string): boolean => {
  const value = D.decimal(bound)
  return kind === "price" ? !D.isPositive(value) : D.isNegative(value)
}

const faultsOf = (alert: Input): ReadonlyArray<Fault> => {
  const { kind } = alert
  const known: ReadonlyArray<string> = fieldsOf[kind]
  const needed = kind === "price" ? "pair" : kind === "balance" ? "asset" : undefined
  const fault = kind === "fill" ? undefined : boundsFault(alert)
  return [
    ...(needed !== undefined && alert[needed] === undefined ? [{ path: needed, fault: `needed for a ${kind}` }] : []),
    ...optionalFields
      .filter((field) => alert[field] !== undefined && !known.includes(field))
      .map((path) => ({ path, fault: `has no meaning for a ${kind}` })),
    ...(fault === undefined ? [] : [{ path: "above", fault }]),
    // A bound that every price or balance meets is a slip of the caller.
    ...bounds
      .filter((field) => alert[field] !== undefined && known.includes(field) && isBelowLeast(kind, alert[field]))
      .map((path) => ({ path, fault: kind === "price" ? "must be above 0" : "must not be negative" }))
  ]
}

export const createAlert = Tool.make("create_alert", {
  title: "Make an alert",
  description: `Create an alert that fires once, even after this conversation. price: last trade at above or more, or at below or less; balance: all of an asset; fill: first fill of an order (txid), or of any. Places no orders. wait_for_alert and the operator are told. At most ${alertLimits.perCaller} wait.`,
  ...ofReaders,
  input,
  rules: faultsOf,
  handler: Effect.fn("Tool.create_alert")(function* (alert) {
    yield* requireToolset(kinds[alert.kind])
    const condition = yield* conditionOf(alert)
    // A fill right after this call counts.
    const since = yield* Effect.flatMap(KrakenClient, earliestNow)
    return rowOf(
      yield* (yield* Alerts).create(condition, { since, lifetime: days(alert.days) }),
      yield* Clock.currentTimeMillis
    )
  }),
  output: AlertRow
})

export const listAlerts = Tool.make("list_alerts", {
  title: "Own alerts",
  description: "Your alerts, newest first: waiting, fired or expired. Those that ended stay for 7 days, at most 20.",
  input: {},
  handler: Effect.fn("Tool.list_alerts")(function* () {
    const alerts = yield* (yield* Alerts).list
    const now = yield* Clock.currentTimeMillis
    return { alerts: alerts.map((alert) => rowOf(alert, now)) }
  }),
  output: Schema.Struct({ alerts: Schema.Array(AlertRow) })
})

export const deleteAlert = Tool.make("delete_alert", {
  title: "Delete an alert",
  description: "Delete one of your alerts. deleted is false if there was none.",
  ...ofReaders,
  input: { id: integer("Its number", 1, Number.MAX_SAFE_INTEGER) },
  handler: Effect.fn("Tool.delete_alert")(function* ({ id }) {
    return { deleted: yield* (yield* Alerts).remove(id) }
  }),
  output: Schema.Struct({ deleted: Schema.Boolean })
})

export const waitForAlert = Tool.make("wait_for_alert", {
  title: "Wait for an alert",
  description:
    "Wait until one of your alerts fires, and return all that fired since the last call; waiting counts the others. missed: nobody watched after unwatched_since, so it happened some time after that.",
  ...ofReaders,
  input: { timeout_s: withDefault(integer("Longest wait in s", 0, 45), 30) },
  handler: Effect.fn("Tool.wait_for_alert")(function* ({ timeout_s }) {
    const { take } = yield* Alerts
    const until = (yield* Clock.currentTimeMillis) + timeout_s * 1000
    for (;;) {
      const { fired, waiting } = yield* take
      const now = yield* Clock.currentTimeMillis
      if (fired.length > 0 || waiting === 0 || now >= until)
        return { fired: fired.map((alert) => rowOf(alert, now)), waiting }
      yield* Effect.sleep(pause)
    }
  }),
  output: Schema.Struct({ fired: Schema.Array(AlertRow), waiting: Schema.Number })
})

/** Makes the condition with the names that Kraken displays. Fails for names and orders that do not exist. */
const conditionOf = Effect.fnUntraced(function* (alert: Input) {
  const bounds = Struct.pick(alert, "above", "below")
  switch (alert.kind) {
    case "price": {
      const { display } = yield* pairOf(alert.pair ?? "")
      return { _tag: "Price", pair: display, ...bounds } satisfies AlertCondition
    }
    case "balance": {
      const names = yield* Names
      yield* requireKey("private/Balance")
      const { assetOfBalance } = yield* names.directory
      const asset = assetOfBalance(yield* names.asset(alert.asset ?? ""))
      return { _tag: "Balance", asset, ...bounds } satisfies AlertCondition
    }
    case "fill": {
      yield* requireKey("private/TradesHistory")
      const { txid } = alert
      if (txid === undefined) return { _tag: "Fill" } satisfies AlertCondition
      yield* requireOpen(txid)
      return { _tag: "Fill", order: txid } satisfies AlertCondition
    }
  }
})

const kinds = { price: "Price", fill: "Fill", balance: "Balance" } as const

/** Refuses an alert of what the mandate of the caller does not let it read. */
const requireToolset = (kind: AlertCondition["_tag"]) =>
  Effect.flatMap(Principal, ({ mandate }) => {
    const ban = Option.isNone(mandate) ? undefined : alertBan(mandate.value.terms, kind)
    return ban === undefined ? Effect.void : new NotAllowed({ layer: "mandate", call: "create_alert", ...ban })
  })

const requireKey = (endpoint: "private/Balance" | "private/TradesHistory") =>
  Effect.flatMap(PermissionCache, (keys) => keys.require(endpoint, endpoints[endpoint].permissions))

/** Refuses an order that can have no more fills. One that cannot be read now passes. */
const requireOpen = Effect.fnUntraced(function* (txid: string) {
  const found = yield* lookUp("private/QueryOrders", { txid }, { field: "txid", elsewhere: "" }).pipe(
    Effect.timeout(patience),
    Effect.option
  )
  if (Option.isNone(found)) return
  const { extra, result } = found.value
  const orders = decodeOrders(result)
  const status = Option.isSome(orders) ? orders.value[txid]?.status : undefined
  const fault =
    "missing" in extra && extra.missing?.includes(txid) === true
      ? "Kraken shows no such order"
      : status !== undefined && ended.has(status)
        ? `it has ended (${status}), so that it cannot be filled any more`
        : undefined
  if (fault !== undefined) return yield* Arguments.invalid("create_alert", [{ path: "txid", fault }])
})

const decodeOrders = Schema.decodeUnknownOption(endpoints["private/QueryOrders"].result)

const ended: ReadonlySet<string> = new Set(["closed", "canceled", "expired"])

/** Shows an alert. */
const rowOf = ({ condition, createdAt, expiresAt, fired, id }: Alert, now: number) => ({
  id,
  kind: condition._tag.toLowerCase(),
  ...(condition._tag === "Fill"
    ? condition.order !== undefined && { txid: condition.order }
    : Struct.omit(condition, "_tag")),
  state: fired !== undefined ? "fired" : now >= expiresAt ? "expired" : "waiting",
  created_at: timeOf(createdAt),
  expires_at: timeOf(expiresAt),
  ...(fired !== undefined && {
    fired_at: timeOf(fired.at),
    ...(fired.value !== undefined && { value: fired.value }),
    ...(fired.bound !== undefined && { bound: fired.bound }),
    ...(fired.order !== undefined && { txid: fired.order }),
    ...(fired.filledAt !== undefined && { filled_at: timeOf(fired.filledAt) }),
    ...(fired.unwatchedSince !== undefined && { missed: true, unwatched_since: timeOf(fired.unwatchedSince) })
  })
})

const timeOf = (millis: number) => isoOf(millis / 1000)

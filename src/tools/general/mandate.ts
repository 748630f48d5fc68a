import { Effect, Option, Schema } from "effect"
import { Mandate, type ServerLimits } from "../../domain/mandates/mandate.ts"
import { limitsInEffect, type Usage } from "../../domain/mandates/room.ts"
import { describeMandate } from "../../domain/mandates/terms.ts"
import { CallBudget, type CallUsage } from "../../services/CallBudget.ts"
import { noteReceipt } from "../../services/CallContext.ts"
import { Mandates } from "../../services/Mandates.ts"
import { Policy } from "../../services/Policy.ts"
import { type MandateInForce, Principal } from "../../services/Principal.ts"
import { Record } from "../../services/Record.ts"
import { optionalNumber, optionalText } from "../kit/answerFields.ts"
import { optional } from "../kit/fields.ts"
import { namingOnly } from "../kit/jsonSchema.ts"
import { isoOf, isoSeconds } from "../kit/timeText.ts"
import * as Tool from "../kit/tool.ts"

/** An object whose fields name themselves. Naming them in the schema too would cost each conversation more. */
const Data = Schema.Record({ key: Schema.String, value: Schema.Unknown }).annotations({
  jsonSchema: { type: "object" }
})

export const getMyMandate = Tool.make("get_my_mandate", {
  title: "Own limits",
  description:
    "What this caller may do: rights (terms: as data), limits (layer server: shared by all callers) with what is left and when there is more, owned assets. frozen: only reads and cancels work.",
  input: {},
  handler: Effect.fn("Tool.get_my_mandate")(function* () {
    const { mandate } = yield* Principal
    const { serverLimits } = yield* Policy
    const server = Option.getOrUndefined(serverLimits)
    const usage = yield* (yield* Record).usage(server === undefined ? {} : { server })
    const calls = yield* (yield* CallBudget).usage
    return {
      ...rightsOf(mandate, server),
      limits: limitsOf(usage, calls),
      owned: usage.owned,
      open_orders: usage.openOrders,
      writes_last_minute: usage.writes,
      ...(usage.frozen !== undefined && { frozen: frozenOf(usage.frozen) }),
      ...(server !== undefined && { server: { ...server } })
    }
  }),
  output: Schema.Struct({
    note: optionalText,
    revision: optionalNumber,
    rights: optional(Data),
    terms: optional(Data),
    limits: Schema.Array(Data),
    owned: Data,
    open_orders: Schema.Number,
    writes_last_minute: Schema.Number,
    frozen: optional(Data),
    server: optional(Data)
  }).annotations(namingOnly({ note: optionalText, rights: optional(Data), limits: Schema.Array(Data), owned: Data }))
})

export const freezeMyToken = Tool.make("freeze_my_token", {
  title: "Freeze this caller",
  description:
    "Stop own writes if something is wrong: only reads and cancels work then. Open orders stay. Only the operator undoes it.",
  intent: "write",
  input: {
    reason: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(500)).annotations({
      description: "For the operator"
    })
  },
  handler: Effect.fn("Tool.freeze_my_token")(function* ({ reason }) {
    yield* Effect.flatMap(Mandates, ({ freezeSelf }) => Effect.flatMap(freezeSelf(reason), noteReceipt))
    return {
      frozen: true,
      note: "Only reads and cancels work now. Tell the user, who can undo it: see docs/authority.md."
    }
  }),
  output: Schema.Struct({ note: Schema.String, frozen: Schema.Boolean })
})

const encodeTerms = Schema.encodeSync(Mandate)

/** The rights of a caller, or a note that it has no limits of its own. */
const rightsOf = (mandate: Option.Option<MandateInForce>, server: ServerLimits | undefined): Rights =>
  Option.match(mandate, {
    onNone: () => ({ note: without(server) }),
    onSome: ({ revision, terms }) => ({
      revision,
      rights: Object.fromEntries(describeMandate(terms)),
      terms: encodeTerms(terms)
    })
  })

interface Rights {
  readonly note?: string
  readonly revision?: number
  readonly rights?: { readonly [name: string]: string }
  readonly terms?: typeof Mandate.Encoded
}

const without = (server: ServerLimits | undefined): string =>
  server === undefined
    ? "This caller has no limits of its own: it may do what the server and the API key permit."
    : "This caller has no limits of its own, only those that all callers share."

const frozenOf = ({ by, reason, scope, since }: NonNullable<Usage["frozen"]>) => ({
  scope,
  since: isoSeconds(since / 1000),
  by,
  ...(reason !== undefined && { reason })
})

/** Lists all limits in effect alike: of spending, of open orders, of writes and of calls. */
const limitsOf = (usage: Usage, calls: ReadonlyArray<CallUsage>) => [
  ...limitsInEffect(usage).map(({ allowed, availableAt, layer, left, limit, unit, used }) => ({
    layer,
    limit,
    unit,
    allowed,
    used,
    left,
    ...at(availableAt)
  })),
  ...limitsOfWrites(usage),
  ...calls.flatMap(({ allowed, availableAt, used, window }) =>
    counted(`calls/${window}`, "calls", allowed, used, availableAt)
  )
]

/** A caller that only reads makes no writes but cancels, which do not count. */
const limitsOfWrites = ({ openOrders, terms, writes }: Usage) =>
  terms === undefined || terms.access === "read"
    ? []
    : [
        ...counted("max-open", "open orders", terms.maxOpen, openOrders),
        ...counted("rate", "writes a minute", terms.rate, writes)
      ]

const at = (time: number | undefined) => (time === undefined ? {} : { available_at: isoOf(time / 1000) })

const counted = (limit: string, unit: string, allowed: number | undefined, used: number, availableAt?: number) =>
  allowed === undefined
    ? []
    : [
        {
          layer: "mandate",
          limit,
          unit,
          allowed: String(allowed),
          used: String(used),
          left: String(Math.max(0, allowed - used)),
          ...at(availableAt)
        }
      ]

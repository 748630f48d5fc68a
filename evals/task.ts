import { Schema } from "effect"
import { readFileSync } from "node:fs"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const Args = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** One step of a script: a call, or time that passes before the next one. */
export const Step = Schema.Union(
  Schema.Struct({
    call: Schema.String,
    /** Text that begins with `$` is a value of an earlier answer: `$open.orders.0.txid`. */
    args: optional(Schema.Union(Args, Schema.String)),
    /** The name by which later steps refer to the answer. */
    as: optional(Schema.String),
    /** The error that the call has to end in. Absent: it has to succeed. */
    error: optional(Schema.String)
  }),
  Schema.Struct({ pass: Schema.Number })
)
export type Step = typeof Step.Type

/** The most that a conversation may cost. */
const Cost = Schema.Struct({ calls: Schema.Int, tokens: Schema.Int })

/** The state of the account at the end. What is left out is not checked. */
const End = Schema.Struct({
  /** Orders that were placed meanwhile. */
  placed: optional(Schema.Int),
  /** Open orders, older ones included. */
  open: optional(Schema.Int),
  withdrawals: optional(Schema.Int),
  /** The least and the greatest balance, by Kraken's id of the asset. */
  balances: optional(Schema.Record({ key: Schema.String, value: Schema.Tuple(Schema.Number, Schema.Number) }))
})

/** A conversation: the words of a user, the tools, and the end that it has to come to. */
export const Task = Schema.Struct({
  id: Schema.String,
  prompt: Schema.String,
  /** The mode that the server says it is in. Default: live. */
  mode: optional(Schema.Literal("paper")),
  /** Settings of the server by name, such as limits. */
  settings: optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  /** Faults of the exchange, such as `AddOrder=drop-after-accept`. */
  faults: optional(Schema.Array(Schema.String)),
  /** The tools that are offered. Those that do not exist yet are left out. */
  tools: Schema.Array(Schema.String),
  /** Arguments that the script `after` uses and that do not exist yet, such as `add_order.wait_s`. */
  needs: optional(Schema.Array(Schema.String)),
  /** The calls that the first version needed, and those that today's tools need, if they are others. */
  before: Schema.Array(Step),
  after: optional(Schema.Array(Step)),
  end: End,
  /** Regular expressions that the last message of a model has to match. */
  says: optional(Schema.Array(Schema.String)),
  /** The most that a model may use. */
  budget: Cost
})
export type Task = typeof Task.Type

const read = (name: string) =>
  Schema.decodeUnknownSync(Schema.parseJson(Schema.Array(Task)))(
    readFileSync(new URL(`tasks/${name}.json`, import.meta.url), "utf8"),
    { onExcessProperty: "error" }
  )

/** Questions and orders of every day. */
export const everyday = read("everyday")

/** Conversations that follow the skills of the plugin, by the name of the skill. */
export const skills = read("skills")

/** Attempts to bring about what must not happen. */
export const adversarial = read("adversarial")

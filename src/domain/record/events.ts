import { Schema } from "effect"
import { Claim, Progress } from "../mandates/claim.ts"
import { Mandate } from "../mandates/mandate.ts"

/** A field that is left out or has a value, never `undefined`. */
const optional = <A, I>(field: Schema.Schema<A, I>) => Schema.optionalWith(field, { exact: true })

/** The party that caused an event: a token, by its id and the owner's name for it, or the operator (`local`). */
const Actor = Schema.Struct({ id: Schema.String, name: optional(Schema.String) })
export type Actor = typeof Actor.Type

const Json = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** The fields that every event has. `at` is Unix milliseconds on the wall clock of the process that wrote it. */
const common = { at: Schema.Int, actor: Actor }

/** The account to which amounts belong. `key` is the SHA-256 of the API key in hex, or `paper`. */
const owner = { key: Schema.String, account: Schema.String }

/** The account that a write acts on. `key` is the SHA-256 of the API key in hex, or `paper`. */
const target = { key: Schema.String, account: Schema.String, endpoint: Schema.String }

/** A write that is about to leave. It is on disk before its request is sent. */
export const Intent = Schema.Struct({
  kind: Schema.Literal("intent"),
  ...common,
  ...target,
  tool: optional(Schema.String),
  /** The parameters as prepared, with the ids by which the write can be found again. */
  request: Json,
  /** Readings of the account from before the write, which settling compares with later ones. */
  before: optional(Schema.Unknown),
  /** Equal for two writes that would do the same to the same account. Absent if repeating it does no harm. */
  identity: optional(Schema.String),
  /** Terms by which the write will appear on the account, and which another write can share. */
  fingerprints: Schema.Array(Schema.String),
  /** The latest moment at which the request may leave, in Unix milliseconds. */
  leaveBy: Schema.Int,
  /** The latest moment at which Kraken can still carry it out, in Unix milliseconds; absent if there is none. */
  expires: optional(Schema.Int),
  /** The most that it can take from the account. Absent if no limit concerns it. */
  claim: optional(Claim),
  /** The time at which its transfers count in limits, in Unix milliseconds. Absent if it has none: `at` of older rows. */
  countedAt: optional(Schema.Int),
  /** The row of the plan that a person approved. */
  approval: optional(Schema.Int)
})
export type Intent = typeof Intent.Type

/** The end of an intent, as far as it is known. */
export const OutcomeName = Schema.Literal("happened", "did-not-happen", "unknown")
export type OutcomeName = typeof OutcomeName.Type

/** The outcome of a write. A second one follows if an unknown outcome is decided later. */
export const Outcome = Schema.Struct({
  kind: Schema.Literal("outcome"),
  ...common,
  /** The number of the intent's row. */
  intent: Schema.Int,
  outcome: OutcomeName,
  /** The `_tag` of the error that the caller got. */
  error: optional(Schema.String),
  reason: optional(Schema.String),
  /** The check that a person can make if the outcome is unknown. */
  check: optional(Schema.String),
  /** An identical write does not have to wait for this one, although its outcome is unknown. */
  safeToRepeat: optional(Schema.Boolean),
  /** Ids that Kraken gave to what the write made. */
  ids: Schema.Array(Schema.String),
  /** Fingerprints that were found only afterwards. */
  fingerprints: optional(Schema.Array(Schema.String)),
  /** Kraken's result without secrets. */
  result: optional(Schema.Unknown),
  /** The way in which the outcome was found out, if Kraken's answer did not show it. */
  how: optional(Schema.String),
  state: optional(Schema.String)
})
export type Outcome = typeof Outcome.Type

/** A write that was refused before it left. */
export const Refusal = Schema.Struct({
  kind: Schema.Literal("refusal"),
  ...common,
  ...target,
  tool: optional(Schema.String),
  request: Json,
  error: Schema.String,
  reason: optional(Schema.String)
})
export type Refusal = typeof Refusal.Type

/** The operator's decision on an unknown outcome. */
export const Resolution = Schema.Struct({
  kind: Schema.Literal("resolution"),
  ...common,
  intent: Schema.Int,
  outcome: Schema.Literal("happened", "did-not-happen")
})
export type Resolution = typeof Resolution.Type

/**
 * Bodies of closed writes up to the row `through` were removed; their hashes stay. `dropped` are the ranges of rows, so
 * that a body that is missing from another row shows.
 */
export const Prune = Schema.Struct({
  kind: Schema.Literal("prune"),
  ...common,
  through: Schema.Int,
  dropped: Schema.Array(Schema.Tuple(Schema.Int, Schema.Int)),
  /** The sums to which the spends contributed whose rows were removed. Absent if there were none. */
  carried: optional(
    Schema.Struct({
      /** All amounts that scopes had gained by then, by asset: of what they own, and less all that left. */
      holdings: Schema.Array(
        Schema.Struct({
          ...owner,
          scope: Schema.String,
          asset: Schema.String,
          amount: Schema.String,
          net: Schema.String
        })
      ),
      /** Values that count against a limit, in units of 10^-8 of its currency. */
      uses: Schema.Array(Schema.Struct({ ...owner, scope: Schema.String, bucket: Schema.String, units: Schema.String }))
    })
  )
})
export type Prune = typeof Prune.Type

/** An API key was replaced by another one of the same account. Both are SHA-256 hashes. */
export const Rekey = Schema.Struct({
  kind: Schema.Literal("rekey"),
  ...common,
  from: Schema.String,
  to: Schema.String
})

/** The record was put back from a backup. What it replaced ended with this row. */
export const Restore = Schema.Struct({
  kind: Schema.Literal("restore"),
  ...common,
  replaced: Schema.Struct({ seq: Schema.Int, hash: Schema.String })
})

/** Orders were read back: amounts that they exchanged, and orders that their fills made. */
export const Fills = Schema.Struct({
  kind: Schema.Literal("fills"),
  ...common,
  ...owner,
  orders: Schema.Array(Progress)
})
export type Fills = typeof Fills.Type

/** A mandate was made, changed, moved to another token, or removed. */
export const MandateChange = Schema.Struct({
  kind: Schema.Literal("mandate"),
  ...common,
  /** The id under which its usage is counted: that of the token for which it was made. */
  subject: Schema.String,
  /** The id of the token that has it now. */
  token: Schema.String,
  /** The owner's name for that token. */
  name: optional(Schema.String),
  /** The id of the token that had it before. Absent unless it moved. */
  replaces: optional(Schema.String),
  /** Counts from 1. */
  revision: Schema.Int,
  /** Absent if the mandate was removed. */
  terms: optional(Mandate)
  // A limit that this version does not know must not be dropped.
}).annotations({ parseOptions: { onExcessProperty: "error" } })
export type MandateChange = typeof MandateChange.Type

/** A caller was frozen or unfrozen. A frozen caller can only read and cancel. */
export const Freeze = Schema.Struct({
  kind: Schema.Literal("freeze"),
  ...common,
  /** The subject of its mandate, the id of a token without one, or `local`. */
  subject: Schema.String,
  /** The caller that was named: a token, with the owner's name for it, or `local`. */
  caller: optional(Actor),
  frozen: Schema.Boolean,
  reason: optional(Schema.String)
})
export type Freeze = typeof Freeze.Type

/** All writes except cancels were stopped, or allowed again. */
export const Halt = Schema.Struct({
  kind: Schema.Literal("halt"),
  ...common,
  halted: Schema.Boolean,
  reason: optional(Schema.String)
})
export type Halt = typeof Halt.Type

/** The operator secret was set or changed. `fingerprint` shows which one it is, and does not help to guess it. */
export const SecretChange = Schema.Struct({
  kind: Schema.Literal("secret"),
  ...common,
  fingerprint: Schema.String
})
export type SecretChange = typeof SecretChange.Type

/** A write that waits for the answer of a person. */
export const Plan = Schema.Struct({
  kind: Schema.Literal("plan"),
  ...common,
  ...target,
  /** The parameters that would be sent, with names resolved. */
  request: Json,
  claim: Claim,
  /** The rules that ask for a person, such as `funds`. */
  asks: Schema.Array(Schema.String),
  /** Prices, fees, balances and what is left of the budget afterwards, as the person sees them. */
  quote: Json,
  /** The reason that the agent gave. */
  said: optional(Schema.String),
  /** Unix milliseconds. */
  expires: Schema.Int,
  /** The percentage by which a price may have moved when it is carried out. */
  tolerance: Schema.String,
  /** SHA-256 of the caller's mandate in hex. Absent if it has none. */
  terms: optional(Schema.String),
  /** SHA-256 over request, caller, mandate and key, in hex. */
  hash: Schema.String
})
export type Plan = typeof Plan.Type

/**
 * The end of a plan. `void`: a later check failed, or a stop. `done`: it is carried out by writes that have rows of their
 * own, from the next row on. It is noted before these leave.
 */
export const Answer = Schema.Struct({
  kind: Schema.Literal("answer"),
  ...common,
  /** The row of the plan. */
  plan: Schema.Int,
  answer: Schema.Literal("approved", "denied", "void", "done"),
  channel: Schema.Literal("terminal", "page", "server"),
  reason: optional(Schema.String)
})
export type Answer = typeof Answer.Type

/** One row of the record. */
export const Event = Schema.Union(
  Intent,
  Outcome,
  Refusal,
  Resolution,
  Prune,
  Rekey,
  Restore,
  Fills,
  MandateChange,
  Freeze,
  Halt,
  SecretChange,
  Plan,
  Answer
)
export type Event = typeof Event.Type

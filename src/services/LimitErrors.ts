import { Schema } from "effect"
import { escapeText } from "../domain/wire/escapeText.ts"

/**
 * The origin of a limit: the mandate of the caller, or the limits that all callers of this server share. Refusals name it,
 * since the operator has to look in another place.
 */
const layer = Schema.Literal("mandate", "server")

const layerNames = { mandate: "the mandate of this caller", server: "a limit of this server" }

/** A limit does not allow such a call at all, whatever its amount. Nothing was sent. */
export class NotAllowed extends Schema.TaggedError<NotAllowed>()("NotAllowed", {
  layer,
  /** The tool or endpoint. */
  call: Schema.String,
  /** The rule that refuses, such as `pairs`. */
  rule: Schema.String,
  /** The part of the call that it refuses. */
  asked: Schema.String,
  /** The things that it allows. */
  allowed: Schema.String
}) {
  override get message() {
    return `${this.call} was not sent: ${layerNames[this.layer]} (${this.rule}) allows ${escapeText(this.allowed)}, not ${escapeText(this.asked)}.`
  }
}

/** A limit has no room left for a call. Nothing was sent. */
export class LimitReached extends Schema.TaggedError<LimitReached>()("LimitReached", {
  layer,
  call: Schema.String,
  /** The limit, such as `max/day`, `capital`, `keep`, `max-open`, `rate`. */
  limit: Schema.String,
  /** Decimals in `unit`, which is a currency, an asset, or a thing that is counted. */
  asked: Schema.String,
  allowed: Schema.String,
  left: Schema.String,
  unit: Schema.String,
  /** The time at which there is room again, if time brings it. */
  availableAt: Schema.optional(Schema.DateTimeUtc),
  /** Facts that explain it, in sentences, such as a clock that is wrong. */
  hints: Schema.optional(Schema.Array(Schema.String))
}) {
  /** The limit, if it is one of the pace of calls. A caller that keeps trying reaches it again and again. */
  get pace(): string | undefined {
    return this.limit === "rate" || this.limit.startsWith("calls/") ? this.limit : undefined
  }

  override get message() {
    const { allowed, asked, availableAt, call, hints = [], left, limit, unit } = this
    const when =
      availableAt === undefined ? "" : ` There is room again at ${new Date(availableAt.epochMillis).toISOString()}.`
    const facts = hints.map((hint) => ` ${escapeText(hint)}`).join("")
    return `${call} was not sent: ${layerNames[this.layer]} (${limit}) allows ${allowed} ${unit}, of which ${left} is left, and this needs ${asked}.${when}${facts}`
  }
}

/** The caller, or the whole server, was frozen: only reads and cancels are possible. Nothing was sent. */
export class Frozen extends Schema.TaggedError<Frozen>()("Frozen", {
  /** Everything that uses this installation, or this caller only. */
  scope: Schema.Literal("everything", "caller"),
  call: Schema.String,
  since: Schema.DateTimeUtc,
  /** The id of the party that froze it. */
  by: Schema.String,
  reason: Schema.optional(Schema.String)
}) {
  override get message() {
    const who = this.scope === "caller" ? "this caller is frozen" : "all trading is frozen"
    const why = this.reason === undefined ? "" : ` (${escapeText(this.reason)})`
    return `${this.call} was not sent: ${who} since ${new Date(this.since.epochMillis).toISOString()}, by ${escapeText(this.by)}${why}. Reads and cancels work.`
  }
}

/** The mandate of the caller was changed during the call. Nothing was sent. */
export class MandateChanged extends Schema.TaggedError<MandateChanged>()("MandateChanged", { call: Schema.String }) {
  override get message() {
    return `${this.call} was not sent: the mandate of this caller was changed during the call.`
  }
}

/** The data of a refusal by limits, for programs. Its encoders are made at the first refusal, not at every start. */
export const refusalData = (error: { readonly _tag: string }): unknown => {
  if (error instanceof NotAllowed) return Schema.encodeSync(NotAllowed)(error)
  if (error instanceof LimitReached) return Schema.encodeSync(LimitReached)(error)
  return error instanceof Frozen ? Schema.encodeSync(Frozen)(error) : undefined
}

/** Errors of a write that limits refuse. */
export type LimitError = NotAllowed | LimitReached | Frozen | MandateChanged

import { Schema } from "effect"
import { describeAnyOf, Permission } from "../domain/keys/permissions.ts"
import { escapeLines, escapeText, quoteTexts } from "../domain/wire/escapeText.ts"
import { defaultAccount, settingPrefix } from "./KrakenAccount.ts"

// One class for each thing that a caller can do differently.

/** Fields of an error that Kraken answered. `codes` are Kraken's own texts. */
const answered = { endpoint: Schema.String, codes: Schema.Array(Schema.String) }

/** Facts of the account that explain a refusal, in sentences. They were read after it. */
const explained = { hints: Schema.optional(Schema.Array(Schema.String)) }

const refusalText = (error: {
  readonly endpoint: string
  readonly codes: ReadonlyArray<string>
  readonly hints?: ReadonlyArray<string> | undefined
}) =>
  [
    `Kraken refused ${error.endpoint}: ${quoteTexts(error.codes)}`,
    // Facts of the account hold words of Kraken, which can't begin a line of their own.
    ...(error.hints ?? []).map(escapeText)
  ].join(". ")

/** A private endpoint was called, and no API key is configured. Nothing was sent. */
export class KrakenCredentialsMissing extends Schema.TaggedError<KrakenCredentialsMissing>()(
  "KrakenCredentialsMissing",
  {
    endpoint: Schema.String,
    /** The name of the Kraken account, if it has one. */
    account: Schema.optional(Schema.String),
    /** Path of a `.env` file that might have the credentials and was not read. */
    unreadFile: Schema.optional(Schema.String)
  }
) {
  /** The names of the settings that are missing. */
  get settings() {
    const prefix = settingPrefix(this.account ?? defaultAccount)
    return `${prefix}API_KEY and ${prefix}API_SECRET`
  }
  override get message() {
    const unread = this.unreadFile === undefined ? "" : ` The file ${JSON.stringify(this.unreadFile)} was not read.`
    return `Kraken API credentials are not configured (set ${this.settings}): ${this.endpoint} needs them.${unread}`
  }
}

/** Kraken does not accept the key, its signature, its one-time password or its account. Repeated calls lock the key out. */
export class KrakenAuthError extends Schema.TaggedError<KrakenAuthError>()("KrakenAuthError", {
  ...answered,
  reason: Schema.Literal("key", "signature", "nonce", "account", "other"),
  /** The milliseconds by which the clock of this machine is behind Kraken's, if it is and Kraken refused a nonce. */
  clockLag: Schema.optional(Schema.Number)
}) {
  override get message() {
    const { clockLag } = this
    const clock =
      clockLag === undefined ? "" : `. The clock of this machine is ${describeLag(clockLag)} behind Kraken's.`
    return `${refusalText(this)}${clock}`
  }
}

/** Describes milliseconds, known to two seconds, in the largest unit that counts at least two: `90 min`, `2 h`. */
export const describeLag = (millis: number): string => {
  const [unit, size] = lagUnits.find(([, size]) => millis + 2000 >= 2 * size) ?? (["s", 1000] as const)
  return `${Math.round(millis / size)} ${unit}`
}

const lagUnits = [
  ["days", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000]
] as const

/** The key lacks a permission. Any one of the sets in `needed` is enough. Nothing was done. */
export class KrakenPermissionError extends Schema.TaggedError<KrakenPermissionError>()("KrakenPermissionError", {
  endpoint: Schema.String,
  needed: Schema.Array(Schema.Array(Permission)),
  /** The program that refused the call: this server before sending it, or Kraken. */
  refusedBy: Schema.Literal("mcp-kraken", "Kraken"),
  /** Facts about the key that might explain the refusal: expired, limited to other addresses, Kraken's own text. */
  hints: Schema.Array(Schema.String)
}) {
  override get message() {
    const needed = this.needed.some((set) => set.length > 0) ? ` It needs ${describeAnyOf(this.needed)}.` : ""
    const hints = this.hints.length > 0 ? ` ${this.hints.join(" ")}` : ""
    return `The API key may not call ${this.endpoint}.${needed}${hints}`
  }
}

/**
 * A rate limit is reached. Nothing was done.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
export class KrakenRateLimitError extends Schema.TaggedError<KrakenRateLimitError>()("KrakenRateLimitError", {
  endpoint: Schema.String,
  limiter: Schema.Literal("rest", "engine", "domain", "public", "concurrency", "auth"),
  retryAfterSeconds: Schema.Number,
  /** The program that refused the call: this server before sending it, or Kraken. */
  refusedBy: Schema.Literal("mcp-kraken", "Kraken")
}) {
  override get message() {
    const refusal = this.refusedBy === "Kraken" ? `Kraken refused ${this.endpoint}` : `${this.endpoint} was not sent`
    return `${refusal}: ${limiterNames[this.limiter]} is exhausted. Wait ${this.retryAfterSeconds} s.`
  }
}

const limiterNames = {
  rest: "the REST counter of this API key",
  engine: "the trading-engine counter of this pair",
  domain: "the pooled engine counter of the account and its subaccounts",
  public: "the public rate limit of this IP address",
  concurrency: "the limit on concurrent requests",
  auth: "the limit on authentication attempts"
}

/**
 * Kraken has locked the key out after repeated failures. Each further attempt would start the lockout again.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
export class KrakenLockout extends Schema.TaggedError<KrakenLockout>()("KrakenLockout", {
  endpoint: Schema.String,
  until: Schema.DateTimeUtc
}) {
  override get message() {
    return `Kraken has locked this API key out. The server sends no private call before ${new Date(this.until.epochMillis).toISOString()}.`
  }
}

/** Kraken refused an order, or the order that a call names. */
export class KrakenOrderError extends Schema.TaggedError<KrakenOrderError>()("KrakenOrderError", {
  ...answered,
  ...explained
}) {
  override get message() {
    return refusalText(this)
  }
}

/** The market does not accept such an order in its current mode. */
export class KrakenMarketModeError extends Schema.TaggedError<KrakenMarketModeError>()("KrakenMarketModeError", {
  ...answered,
  mode: Schema.String
}) {
  override get message() {
    return `${refusalText(this)}. The market is in ${this.mode} mode.`
  }
}

/** Kraken refused a deposit, withdrawal, transfer or Earn operation. */
export class KrakenFundingError extends Schema.TaggedError<KrakenFundingError>()("KrakenFundingError", {
  ...answered,
  ...explained
}) {
  override get message() {
    return refusalText(this)
  }
}

/** Kraken refused the arguments of a call. */
export class KrakenArgumentsError extends Schema.TaggedError<KrakenArgumentsError>()("KrakenArgumentsError", answered) {
  override get message() {
    return refusalText(this)
  }
}

/** Kraken refused a call with a text that fits no other class. */
export class KrakenRejection extends Schema.TaggedError<KrakenRejection>()("KrakenRejection", answered) {
  override get message() {
    return refusalText(this)
  }
}

/** Kraken gave no usable answer. Definitely nothing was changed: the call only reads, or the request never left. */
export class KrakenUnavailable extends Schema.TaggedError<KrakenUnavailable>()("KrakenUnavailable", {
  endpoint: Schema.String,
  /** Text without secrets, such as `timed out after 30 s` or `HTTP 502 with an HTML page`. */
  reason: Schema.String,
  /** The HTTP status, if a response came. */
  status: Schema.optional(Schema.Number),
  cause: Schema.optional(Schema.Defect)
}) {
  override get message() {
    return `No usable answer from Kraken to ${this.endpoint}: ${this.reason}.`
  }
}

/** A write was sent, and no answer says whether it happened. It might have happened. */
export class KrakenOutcomeUnknown extends Schema.TaggedError<KrakenOutcomeUnknown>()("KrakenOutcomeUnknown", {
  endpoint: Schema.String,
  reason: Schema.String,
  /** Text on how to check it, with the ids to look for. Empty until the writer has settled the write. */
  check: Schema.String,
  /** True if doing it twice is the same as doing it once. */
  safeToRepeat: Schema.Boolean,
  /** Ids of orders that were to be cancelled and were last seen open. */
  stillOpen: Schema.optional(Schema.Array(Schema.String)),
  cause: Schema.optional(Schema.Defect)
}) {
  override get message() {
    return `It is unknown whether Kraken carried out ${this.endpoint}: ${this.reason}.${this.check === "" ? "" : ` ${this.check}`}`
  }
}

/** This server refused a write that could not have the wanted effect. Nothing was sent. */
export class KrakenWriteRefused extends Schema.TaggedError<KrakenWriteRefused>()("KrakenWriteRefused", {
  endpoint: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.endpoint} was not sent: ${this.reason}`
  }
}

/** This server refused a write, since it is unknown whether an identical earlier one happened. Nothing was sent now. */
export class KrakenWriteBlocked extends Schema.TaggedError<KrakenWriteBlocked>()("KrakenWriteBlocked", {
  endpoint: Schema.String,
  /** The reason why the outcome of the earlier write is unknown. */
  reason: Schema.String,
  /** Text on how to check it, with the ids to look for. */
  check: Schema.String,
  /** Seconds until the block ends at the latest. Undefined while the earlier write is in flight or looked up. */
  secondsLeft: Schema.optional(Schema.Number)
}) {
  override get message() {
    const limit = this.secondsLeft === undefined ? "" : `, and for ${this.secondsLeft} s at most`
    return `${this.endpoint} was not sent: it is unknown whether an identical earlier call was carried out (${this.reason}). ${this.check} Identical calls are blocked until that is known${limit}, even with repeat.`
  }
}

/** This server did not send a write, since the record, which it has to be in before it leaves, cannot be used. */
export class KrakenNotRecorded extends Schema.TaggedError<KrakenNotRecorded>()("KrakenNotRecorded", {
  endpoint: Schema.String,
  /** A sentence for the operator, with the path of the file. */
  reason: Schema.String
}) {
  override get message() {
    return `${this.endpoint} was not sent, since it could not be recorded before: ${this.reason}`
  }
}

/** This server refused a write, since a check that has to come before it could not be made. Nothing was sent. */
export class KrakenPrecheckFailed extends Schema.TaggedError<KrakenPrecheckFailed>()("KrakenPrecheckFailed", {
  endpoint: Schema.String,
  /** The thing to check, as the object of the verb "check" in the message. */
  check: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.endpoint} was not sent, since the server could not check ${this.check}: ${this.reason}`
  }
}

/**
 * A write definitely did not happen and no longer can. Either its request never left, or it got no answer and the account
 * shows that.
 */
export class KrakenNotPlaced extends Schema.TaggedError<KrakenNotPlaced>()("KrakenNotPlaced", {
  endpoint: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Kraken did not carry out ${this.endpoint}, and will not: ${this.reason}.`
  }
}

/** Kraken carried the call out, and its answer has an unknown shape. */
export class KrakenUnreadable extends Schema.TaggedError<KrakenUnreadable>()("KrakenUnreadable", {
  endpoint: Schema.String,
  /** True if the call was a write, which then happened. */
  carriedOut: Schema.Boolean,
  /** Beginning of Kraken's answer. */
  answer: Schema.String,
  /** Description of the parts that do not fit. */
  issue: Schema.String
}) {
  override get message() {
    const what = this.carriedOut ? `Kraken carried out ${this.endpoint}, but` : `Kraken answered ${this.endpoint}, and`
    return `${what} the answer does not have the documented shape: ${escapeText(this.answer)}\n${escapeLines(this.issue)}`
  }
}

/** Errors of a call that Kraken understood and refused. It was not carried out. */
export type KrakenRefusal =
  | KrakenAuthError
  | KrakenPermissionError
  | KrakenRateLimitError
  | KrakenLockout
  | KrakenOrderError
  | KrakenMarketModeError
  | KrakenFundingError
  | KrakenArgumentsError
  | KrakenRejection

/** Errors that a read can end in. */
export type KrakenError = KrakenCredentialsMissing | KrakenRefusal | KrakenUnavailable

/** Errors that a write can end in. */
export type KrakenWriteError = KrakenError | KrakenOutcomeUnknown

import { Schema } from "effect"
import { describeAnyOf, Permission } from "../domain/keys/permissions.ts"

/** One class for each thing that a caller can do differently. `codes` are Kraken's own texts. */

const answered = { endpoint: Schema.String, codes: Schema.Array(Schema.String) }

const said = (error: { readonly endpoint: string; readonly codes: ReadonlyArray<string> }) =>
  `Kraken refused ${error.endpoint}: ${error.codes.join("; ")}`

/** A private endpoint was asked for, and no API key is configured. */
export class KrakenCredentialsMissing extends Schema.TaggedError<KrakenCredentialsMissing>()(
  "KrakenCredentialsMissing",
  {
    endpoint: Schema.String,
    /** The path of a `.env` that might hold them and was not read. */
    unreadFile: Schema.optional(Schema.String)
  }
) {
  override get message() {
    const unread = this.unreadFile === undefined ? "" : ` A file was not read: ${JSON.stringify(this.unreadFile)}.`
    return `Kraken API credentials are not configured (set KRAKEN_API_KEY and KRAKEN_API_SECRET): ${this.endpoint} needs them.${unread}`
  }
}

/** The key, its signature, its one-time password or its account is not accepted. Calling again makes it worse. */
export class KrakenAuthError extends Schema.TaggedError<KrakenAuthError>()("KrakenAuthError", {
  ...answered,
  reason: Schema.Literal("key", "signature", "nonce", "account", "other")
}) {
  override get message() {
    return said(this)
  }
}

/** The key may not do this. `needed`: any one of these sets would do. Nothing was done. */
export class KrakenPermissionError extends Schema.TaggedError<KrakenPermissionError>()("KrakenPermissionError", {
  endpoint: Schema.String,
  needed: Schema.Array(Schema.Array(Permission)),
  /** Whether the request was held back here, or sent and refused by Kraken. */
  refusedBy: Schema.Literal("mcp-kraken", "Kraken"),
  /** Facts about the key that may explain it: expired, limited to other addresses, the words of Kraken. */
  hints: Schema.Array(Schema.String)
}) {
  override get message() {
    const needed = this.needed.some((set) => set.length > 0) ? ` It needs ${describeAnyOf(this.needed)}.` : ""
    const hints = this.hints.length > 0 ? ` ${this.hints.join(" ")}` : ""
    return `The API key may not call ${this.endpoint}.${needed}${hints}`
  }
}

/** Too many calls. Nothing was done. */
export class KrakenRateLimitError extends Schema.TaggedError<KrakenRateLimitError>()("KrakenRateLimitError", {
  endpoint: Schema.String,
  limiter: Schema.Literal("rest", "engine", "domain", "public", "concurrency", "auth"),
  retryAfterSeconds: Schema.Number,
  /** Whether the request was held back here, or sent and refused by Kraken. */
  refusedBy: Schema.Literal("mcp-kraken", "Kraken")
}) {
  override get message() {
    return `${this.refusedBy === "Kraken" ? "Kraken refused" : "Held back"} ${this.endpoint}: ${
      limiterNames[this.limiter]
    } is exhausted. Wait ${this.retryAfterSeconds} s.`
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

/** Kraken has locked the key out after repeated failures; every further try would restart the clock. */
export class KrakenLockout extends Schema.TaggedError<KrakenLockout>()("KrakenLockout", {
  endpoint: Schema.String,
  until: Schema.DateTimeUtc
}) {
  override get message() {
    return `Kraken has locked this API key out; no private call is sent before ${new Date(this.until.epochMillis).toISOString()}.`
  }
}

/** The order, or the order it names, is not acceptable to Kraken. */
export class KrakenOrderError extends Schema.TaggedError<KrakenOrderError>()("KrakenOrderError", answered) {
  override get message() {
    return said(this)
  }
}

/** The market takes no such order now. */
export class KrakenMarketModeError extends Schema.TaggedError<KrakenMarketModeError>()("KrakenMarketModeError", {
  ...answered,
  mode: Schema.String
}) {
  override get message() {
    return `${said(this)}. The market is in ${this.mode} mode.`
  }
}

/** A deposit, withdrawal, transfer or Earn operation is not acceptable to Kraken. */
export class KrakenFundingError extends Schema.TaggedError<KrakenFundingError>()("KrakenFundingError", answered) {
  override get message() {
    return said(this)
  }
}

/** Kraken could not use the arguments. */
export class KrakenArgumentsError extends Schema.TaggedError<KrakenArgumentsError>()("KrakenArgumentsError", answered) {
  override get message() {
    return said(this)
  }
}

/** Kraken said no in words that fit no other class. */
export class KrakenRejection extends Schema.TaggedError<KrakenRejection>()("KrakenRejection", answered) {
  override get message() {
    return said(this)
  }
}

/** No usable answer, and surely nothing was changed: the call only reads, or the request never left. */
export class KrakenUnavailable extends Schema.TaggedError<KrakenUnavailable>()("KrakenUnavailable", {
  endpoint: Schema.String,
  /** What happened, in words that hold no secret: `timed out after 30 s`, `HTTP 502 with an HTML page`. */
  reason: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {
  override get message() {
    return `No usable answer from Kraken to ${this.endpoint}: ${this.reason}.`
  }
}

/** A write was sent and no answer tells what became of it. It may have happened. */
export class KrakenOutcomeUnknown extends Schema.TaggedError<KrakenOutcomeUnknown>()("KrakenOutcomeUnknown", {
  endpoint: Schema.String,
  reason: Schema.String,
  /** What to look at, with the ids to look for; empty until the writer has looked. */
  check: Schema.String,
  /** Doing it twice is the same as doing it once. */
  safeToRepeat: Schema.Boolean,
  /** Ids of orders that were to be cancelled and were last seen open. */
  stillOpen: Schema.optional(Schema.Array(Schema.String)),
  cause: Schema.optional(Schema.Defect)
}) {
  override get message() {
    return `It is unknown whether Kraken carried out ${this.endpoint}: ${this.reason}.${this.check === "" ? "" : ` ${this.check}`}`
  }
}

/** A write was held back here, since it could not do what is wanted. Nothing was sent. */
export class KrakenWriteRefused extends Schema.TaggedError<KrakenWriteRefused>()("KrakenWriteRefused", {
  endpoint: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.endpoint} was not sent: ${this.reason}`
  }
}

/**
 * A write was held back here, since it is unknown whether an identical one, sent before, has happened. Nothing was sent
 * now.
 */
export class KrakenWriteBlocked extends Schema.TaggedError<KrakenWriteBlocked>()("KrakenWriteBlocked", {
  endpoint: Schema.String,
  /** Why the outcome of the earlier one is unknown. */
  reason: Schema.String,
  /** What to look at, with the ids to look for. */
  check: Schema.String,
  /** How long it stays blocked at the most; none while the earlier one is being looked up. */
  secondsLeft: Schema.optional(Schema.Number)
}) {
  override get message() {
    const left = this.secondsLeft === undefined ? "" : ` for ${this.secondsLeft} s at the most,`
    return `${this.endpoint} was not sent: it is unknown whether an identical call before it was carried out (${this.reason}). ${this.check} Until that is known,${left} an identical call is not sent, repeat or not.`
  }
}

/** A check that has to come before a write could not be made. Nothing was sent. */
export class KrakenPrecheckFailed extends Schema.TaggedError<KrakenPrecheckFailed>()("KrakenPrecheckFailed", {
  endpoint: Schema.String,
  /** What was to be checked, as the object of "check". */
  check: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.endpoint} was not sent, since the server could not check ${this.check}: ${this.reason}`
  }
}

/** A write was sent without an answer, and looking has shown that it surely did not happen and can't happen later. */
export class KrakenNotPlaced extends Schema.TaggedError<KrakenNotPlaced>()("KrakenNotPlaced", {
  endpoint: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Kraken did not carry out ${this.endpoint}, and will not: ${this.reason}.`
  }
}

/** Kraken carried the call out, and answered in a shape that we do not know. */
export class KrakenUnreadable extends Schema.TaggedError<KrakenUnreadable>()("KrakenUnreadable", {
  endpoint: Schema.String,
  /** It was a write, and it happened. */
  carriedOut: Schema.Boolean,
  /** The beginning of Kraken's answer. */
  answer: Schema.String,
  /** What is wrong with it. */
  issue: Schema.String
}) {
  override get message() {
    const what = this.carriedOut ? `Kraken carried out ${this.endpoint}, but` : `Kraken answered ${this.endpoint}, and`
    return `${what} the answer does not have the documented shape: ${this.answer}\n${this.issue}`
  }
}

/** Kraken understood the call and refused it: it was not carried out. */
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

/** What a read may end in. */
export type KrakenError = KrakenCredentialsMissing | KrakenRefusal | KrakenUnavailable

/** What a write may end in. */
export type KrakenWriteError = KrakenError | KrakenOutcomeUnknown

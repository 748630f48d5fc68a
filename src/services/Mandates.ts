import { Context, type Effect, type Option, Schema } from "effect"
import type { MandateInForce, Principal } from "./Principal.ts"
import { TokenId } from "./TokenStore.ts"

/** Mandates cannot be read or changed: their file is damaged, of a newer version, or held by another process. */
export class MandatesUnavailable extends Schema.TaggedError<MandatesUnavailable>()("MandatesUnavailable", {
  /** A sentence for the operator, with the path of the file. */
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** A token that has limits cannot be accepted without them. Its caller has the token, so that it can be told. */
export class MandateMissing extends Schema.TaggedError<MandateMissing>()("MandateMissing", {
  id: TokenId,
  /** A sentence for the operator, with the path of the file. */
  reason: Schema.String
}) {
  override get message() {
    return "The limits of this token cannot be read, so it is refused. The log of the server tells its operator what to do."
  }
}

/** The mandates of tokens, as the operator saved them. */
export class Mandates extends Context.Tag("mcp-kraken/services/Mandates")<
  Mandates,
  {
    /** The file that holds them, for the operator. */
    readonly file: string
    /** Reads the mandate of a token. A change by another process is seen within a second. */
    readonly ofToken: (id: TokenId) => Effect.Effect<Option.Option<MandateInForce>, MandatesUnavailable>
    /** Freezes the caller itself, until the operator unfreezes it. Freezing it again changes nothing. */
    readonly freezeSelf: (reason: string | undefined) => Effect.Effect<void, MandatesUnavailable, Principal>
  }
>() {}

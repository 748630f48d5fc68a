import { Context, type Effect, type Option, Schema } from "effect"
import type { MandateInForce, Principal } from "./Principal.ts"
import type { Receipt, RecordUnavailable } from "./Record.ts"
import { TokenId } from "./TokenStore.ts"

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
    readonly ofToken: (id: TokenId) => Effect.Effect<Option.Option<MandateInForce>, RecordUnavailable>
    /**
     * Freezes the principal: from now on it can only read and cancel, until the operator unfreezes it. If it is frozen
     * already, nothing is recorded, and the receipt is that of the newest row.
     */
    readonly freezeSelf: (reason: string) => Effect.Effect<Receipt, RecordUnavailable, Principal>
  }
>() {}

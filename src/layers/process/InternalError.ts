import { Data } from "effect"

/** A failure that nobody but us can act on. Its cause is in the log. */
export class InternalError extends Data.TaggedError("InternalError")<{ readonly message: string }> {}

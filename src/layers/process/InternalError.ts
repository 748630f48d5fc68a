import { Data } from "effect"

/** A failure that only the developers can fix. Its cause is in the log. */
export class InternalError extends Data.TaggedError("InternalError")<{ readonly message: string }> {}

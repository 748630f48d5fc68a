import { Data } from "effect"

/** The command line asks for something that makes no sense: exit code 2. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** Something went wrong that nobody foresaw; the log has told it. */
export class InternalError extends Data.TaggedError("InternalError")<{ readonly message: string }> {}

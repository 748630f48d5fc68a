import { Data } from "effect"

/** An invalid command line: exit code 2. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

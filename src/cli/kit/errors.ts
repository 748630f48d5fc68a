import { Data } from "effect"

/** The command line asks for something that makes no sense: exit code 2. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

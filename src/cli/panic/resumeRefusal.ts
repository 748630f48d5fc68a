import { Data } from "effect"

/** Trading is not allowed again: exit code 1. */
export class ResumeRefusal extends Data.TaggedError("ResumeRefusal")<{ readonly message: string }> {}

import { Data } from "effect"

/** Something that setup can't do, or a connection that does not work: exit code 1. */
export class SetupRefusal extends Data.TaggedError("SetupRefusal")<{
  readonly message: string
  /** True if a server answers and does not accept the token, so that another one might be accepted. */
  readonly isOfToken?: boolean
}> {}

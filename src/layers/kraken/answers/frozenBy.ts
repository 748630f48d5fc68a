import { DateTime, Effect, Option } from "effect"
import type { WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { Stop } from "../../../services/Halt.ts"
import { Frozen } from "../../../services/LimitErrors.ts"

/** Fails if all is stopped. */
export const frozenBy =
  (call: WriteEndpoint) =>
  (found: Option.Option<Stop>): Effect.Effect<void, Frozen> =>
    Option.match(found, {
      onNone: () => Effect.void,
      onSome: ({ by, reason, since }) =>
        new Frozen({ call, scope: "everything", by, reason, since: DateTime.unsafeMake(since) })
    })

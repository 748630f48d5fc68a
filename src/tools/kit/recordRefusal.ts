import { Effect } from "effect"
import { type Endpoint, isWrite, type Params } from "../../domain/endpoints/endpoints.ts"
import { noteReceipt } from "../../services/CallContext.ts"
import type { Principal } from "../../services/Principal.ts"
import { Record } from "../../services/Record.ts"

/** The longest arguments that the record keeps of a refused call, in characters of JSON. */
const longest = 4000

/**
 * Records that a call which would write was refused before the writer got it: its arguments are wrong, or the policy does
 * not permit it. A record that cannot be written does not change the answer.
 */
export const recordRefusal =
  (endpoint: Endpoint | undefined, args: unknown) =>
  <A, E extends Parameters<typeof Record.Service.refused>[1], R>(
    refusable: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R | Record | Principal> =>
    endpoint === undefined || !isWrite(endpoint)
      ? refusable
      : Effect.tapError(refusable, (error) =>
          Effect.flatMap(Record, (record) => record.refused({ endpoint, params: paramsOf(args) }, error)).pipe(
            Effect.flatMap(Effect.transposeMapOption(noteReceipt)),
            Effect.catchAll(({ reason }) => Effect.logError("A refused write could not be recorded", { reason }))
          )
        )

/** The arguments of a call, unless they are too long to keep or no object. */
const paramsOf = (args: unknown): Params =>
  typeof args === "object" && args !== null && !Array.isArray(args) && JSON.stringify(args).length <= longest
    ? { ...args }
    : {}

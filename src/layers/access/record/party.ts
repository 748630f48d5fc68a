import { Effect, Option } from "effect"
import type { Actor } from "../../../domain/record/events.ts"
import { type MandateInForce, Principal } from "../../../services/Principal.ts"

/** The party for whom limits are judged. */
export interface Party {
  readonly key: string
  readonly account: string
  /** The id of the token, or `local`. */
  readonly caller: string
  readonly mandate: Option.Option<MandateInForce>
}

/** The id under which the usage of a party's mandate is counted. Undefined without a mandate. */
export const subjectOf = ({ mandate }: Pick<Party, "mandate">): string | undefined =>
  Option.getOrUndefined(Option.map(mandate, ({ subject }) => subject))

/** Reads the party on whose behalf a call is made, for the rows of a key. */
export const partyOf = (key: string): Effect.Effect<Party, never, Principal> =>
  Effect.map(Principal, ({ account, caller, mandate }) => ({ key, account, caller: caller.id, mandate }))

/** The caller as rows of the record name it. */
export const actorOf = (caller: (typeof Principal.Service)["caller"]): Actor =>
  caller._tag === "Token" ? { id: caller.id, name: caller.name } : { id: caller.id }

import { Option } from "effect"
import type { MandateInForce } from "../../../services/Principal.ts"

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

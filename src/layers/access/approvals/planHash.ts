import { Schema } from "effect"
import { createHash } from "node:crypto"
import { Mandate } from "../../../domain/mandates/mandate.ts"
import type { Plan } from "../../../domain/record/events.ts"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"
import type { MandateInForce } from "../../../services/Principal.ts"
import { asJson } from "../record/append.ts"

/** The parts of a plan that an approval binds. */
export interface Bound extends Pick<Plan, "account" | "endpoint" | "key" | "request"> {
  /** The token that asked, or `local`. */
  readonly caller: string
  /** The mandate under which it asked. Absent if it had none. */
  readonly mandate?: { readonly subject: string; readonly revision: number; readonly terms: string } | undefined
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const encodeMandate = Schema.encodeSync(Mandate)

/** Computes the hash of a mandate's terms, which also changes if the settings give another mandate the same revision. */
export const termsHash = ({ terms }: Pick<MandateInForce, "terms">): string =>
  sha256(canonicalJson(encodeMandate(terms)))

/** Computes the hash of what an approval binds. Equal for a request as it was given and as it was recorded. */
export const planHash = ({ account, caller, endpoint, key, mandate, request }: Bound): string =>
  sha256(canonicalJson(asJson({ account, caller, endpoint, key, mandate: mandate ?? null, request })))

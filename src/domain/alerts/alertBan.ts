import { type Ban, hasToolset } from "../mandates/access.ts"
import type { Mandate } from "../mandates/mandate.ts"
import type { AlertCondition } from "./alert.ts"

/** The toolsets whose tools show the same as an alert of each kind. One of them is enough. Prices are public. */
const showing: { readonly [Kind in AlertCondition["_tag"]]: ReadonlyArray<string> } = {
  Price: [],
  Fill: ["account", "trading"],
  Balance: ["account"]
}

/**
 * Finds the rule of a mandate that does not allow an alert. The alert would tell of the account to a caller who may not read
 * that part of it.
 */
export const alertBan = (mandate: Pick<Mandate, "toolsets">, kind: AlertCondition["_tag"]): Ban | undefined => {
  const needed = showing[kind]
  return needed.length === 0 || needed.some((toolset) => hasToolset(mandate, toolset))
    ? undefined
    : { rule: "toolsets", asked: `an alert of a ${kind.toLowerCase()}`, allowed: "alerts of prices" }
}

import { type Endpoint, endpoints, isIn, type Part } from "../endpoints/endpoints.ts"
import type { Mandate } from "./mandate.ts"

/** A rule that does not allow a call at all, whatever its amount, and the things that it allows instead. */
export interface Ban {
  readonly rule: string
  readonly asked: string
  readonly allowed: string
}

/** A call of a tool, as far as rights depend on it. */
export interface Use {
  readonly name: string
  /** Undefined for a tool that does not ask Kraken. */
  readonly endpoint: Endpoint | undefined
  /** True if it changes nothing with these arguments. */
  readonly reads: boolean
}

/** The ban on credentials with which another program could trade past every limit. */
export const credentialBan = ({
  endpoint,
  name
}: {
  readonly name: string
  readonly endpoint?: Endpoint | undefined
}): Ban | undefined =>
  endpoint !== undefined && endpoints[endpoint].moves === "credential"
    ? { rule: "credential", asked: name, allowed: "no credential with which another program can trade" }
    : undefined

/** The parts of Kraken's API in which `access trade` can write. */
const tradingParts: ReadonlyArray<Part> = ["market", "account", "trading"]

/** Tells whether a call cancels orders of the caller only. */
const cancelsOwn = (cancel: Mandate["cancel"], endpoint: Endpoint): boolean =>
  cancel === "own" && isCancelOfOrders(endpoint)

const isCancelOfOrders = (endpoint: Endpoint | undefined): boolean =>
  endpoint !== undefined && endpoints[endpoint].moves === "cancels" && isIn(endpoint, ["trading"])

/** Checks that a tool is listed for an access. A reader can cancel orders of its own from before, but usually has none. */
export const isListedFor = (access: Mandate["access"], { endpoint, reads }: Pick<Use, "endpoint" | "reads">): boolean =>
  access !== "read" || reads || !isCancelOfOrders(endpoint)

/**
 * Finds the rule of a mandate that does not allow a call, whatever its amount. Each access can do all that a lower one can:
 * `read` reads, and cancels own orders that are left from before, `trade` also writes in the parts market, account and trading, `full` writes everywhere.
 */
export const accessBan = ({ access, cancel }: Pick<Mandate, "access" | "cancel">, use: Use): Ban | undefined => {
  const { endpoint, name, reads } = use
  if (endpoint === undefined) return undefined
  const credential = credentialBan(use)
  if (credential !== undefined) return credential
  // Kraken cannot edit orders with a `cl_ord_id`, which those of a caller with a mandate always have.
  if (endpoint === "private/EditOrder") return { rule: "edit_order", asked: name, allowed: "amend_order" }
  // Its timer cancels the orders of all callers.
  if (endpoint === "private/CancelAllOrdersAfter" && cancel === "own")
    return { rule: "cancel", asked: name, allowed: "cancel_order and cancel_all_orders" }
  if (reads || access === "full" || cancelsOwn(cancel, endpoint)) return undefined
  if (access === "read") return { rule: "access", asked: name, allowed: "calls that change nothing" }
  return isIn(endpoint, tradingParts) ? undefined : { rule: "access", asked: name, allowed: "calls that read or trade" }
}

/** Checks that a mandate offers a toolset. The general tools are always offered. */
export const hasToolset = ({ toolsets }: Pick<Mandate, "toolsets">, toolset: string): boolean =>
  toolset === "general" || toolsets === undefined || toolsets.includes(toolset)

/** Finds the rule of a mandate that does not offer a toolset. */
export const toolsetBan = (mandate: Pick<Mandate, "toolsets">, name: string, toolset: string): Ban | undefined =>
  hasToolset(mandate, toolset)
    ? undefined
    : { rule: "toolsets", asked: name, allowed: ["general", ...(mandate.toolsets ?? [])].join(", ") }

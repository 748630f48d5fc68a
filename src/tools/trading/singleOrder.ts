import { Effect, Struct } from "effect"
import type { Fault } from "../../domain/orders/fault.ts"
import { orderFaults, orderTimeFaults } from "../../domain/orders/orderRules.ts"
import type { Order, Terms } from "../../domain/orders/orders.ts"
import { isPlainSize, sizeFaults } from "../../domain/orders/orderSize.ts"
import type { Known } from "../kit/steps.ts"
import { placingFaults } from "./marketChecks.ts"
import * as Checks from "./orderChecks.ts"

/** A single order as a caller gives it. */
export interface SingleOrder
  extends Omit<Terms, "volume" | "close">, Pick<Order, "deadline" | "pair">, Checks.FlatClose {
  readonly volume?: string
  readonly cost?: string
}

/** Lists the faults of a single order that need no facts. */
export const singleFaults = (order: SingleOrder): ReadonlyArray<Fault> => {
  const { select, terms } = Checks.checkable(Checks.nestClose(order))
  return [
    ...Checks.closeFaults(order),
    ...sizeFaults(order),
    ...Checks.flattenPaths(select(orderFaults({ ...order, ...terms })))
  ]
}

/** Lists the faults of a single order that need Kraken's lists, its time or its market. */
export const marketFaults = (order: SingleOrder, known: Known) => {
  const { select, terms } = Checks.checkable(Checks.nestClose(order), known.directory.findPair(order.pair))
  const times = orderTimeFaults({ ...order, ...terms }, known.now)
  const faults = placingFaults("private/AddOrder", order.pair, [{ terms }], known, times, select)
  return Effect.map(faults, Checks.flattenPaths)
}

/** The fields of an answer that show the terms with which an order was checked. */
export interface Checked {
  readonly resolved?: { readonly [name: string]: string }
  readonly sent_as?: { readonly [name: string]: string }
}

/** Makes the terms of an order with its resolved size, and with those that limits require. Undefined without a volume. */
export const sentTerms = (order: SingleOrder, { resolved = {}, sent_as = {} }: Checked): Terms | undefined => {
  const volume = sent_as["volume"] ?? resolved["volume"] ?? order.volume
  if (volume === undefined || !isPlainSize({ volume })) return undefined
  const terms = Checks.nestClose({ ...Struct.omit(order, "cost"), volume })
  const isForAmount = resolved["oflags"] === "viqc"
  const oflags = [...(terms.oflags ?? []), ...(isForAmount ? ["viqc"] : [])]
  if (sent_as["price"] === undefined) return { ...terms, ...(oflags.length > 0 && { oflags }) }
  const timeinforce = sent_as["timeinforce"] === "FOK" ? "FOK" : "IOC"
  return {
    ...terms,
    ordertype: "limit",
    price: sent_as["price"],
    timeinforce,
    oflags: oflags.filter((flag) => flag !== "viqc")
  }
}

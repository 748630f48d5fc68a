import type { Fault } from "./fault.ts"
import { amountFaults, check, clientIdFaults, priceFaults, shownFaults, userrefFaults } from "./fieldRules.ts"
import type { Amend, Edit, PriceUse } from "./orders.ts"
import { deadlineFaults, type Now } from "./orderTimes.ts"

/**
 * Lists the faults of an amendment that do not depend on the pair.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/amend-order read 2026-08-17
 */
export const amendFaults = (amend: Amend, now?: Now): ReadonlyArray<Fault> => {
  const { cl_ord_id, display_qty, limit_price, order_qty, trigger_price, txid } = amend
  const changes = [order_qty, display_qty, limit_price, trigger_price]
  return [
    ...check(txid === undefined && cl_ord_id === undefined, "txid", "txid is missing: give it, or cl_ord_id"),
    ...check(txid !== undefined && cl_ord_id !== undefined, "txid", "txid can't be given with cl_ord_id: give one"),
    ...check(
      changes.every((change) => change === undefined),
      "",
      "nothing would change: give order_qty, display_qty, limit_price or trigger_price"
    ),
    ...clientIdFaults(cl_ord_id),
    ...amountFaults("order_qty", order_qty),
    ...amountFaults("display_qty", display_qty),
    ...shownFaults("display_qty", display_qty, "order_qty", order_qty),
    ...priceFaults("limit_price", limit_price, anyLimit),
    ...priceFaults("trigger_price", trigger_price, anyTrigger),
    ...directionFaults("limit_price", limit_price),
    ...directionFaults("trigger_price", trigger_price),
    ...deadlineFaults(amend.deadline, now)
  ]
}

/**
 * Lists the faults of an edit that do not depend on the pair.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/edit-order read 2026-08-17
 */
export const editFaults = (edit: Edit, now?: Now): ReadonlyArray<Fault> => {
  const { displayvol, oflags, price, price2, userref, volume } = edit
  return [
    ...check(
      [volume, displayvol, price, price2, oflags, userref].every((change) => change === undefined),
      "",
      "nothing would change: give volume, displayvol, price, price2, oflags or userref"
    ),
    ...amountFaults("volume", volume),
    ...amountFaults("displayvol", displayvol),
    ...shownFaults("displayvol", displayvol, "volume", volume),
    ...priceFaults("price", price, anyLimit),
    ...priceFaults("price2", price2, anyLimit),
    ...userrefFaults(userref),
    ...deadlineFaults(edit.deadline, now)
  ]
}

/** Lists the faults in the time of an amendment or edit without other faults, at `now` on Kraken's clock. */
export const changeTimeFaults = ({ deadline }: Amend | Edit, now: Now): ReadonlyArray<Fault> =>
  deadlineFaults(deadline, now)

/** Checks that a relative price of an amendment has a direction, which Kraken chooses only for new orders. */
const directionFaults = (field: string, given: string | undefined): ReadonlyArray<Fault> =>
  check(
    given?.startsWith("#") === true,
    field,
    `${field} ${given} has no direction: use +${given?.slice(1)} or -${given?.slice(1)}`
  )

const anyLimit: PriceUse = { what: "limit price", signs: "" }
const anyTrigger: PriceUse = { what: "trigger price", signs: "" }

import * as D from "../numbers/decimal.ts"
import type { Fault } from "./fault.ts"
import { isDecimal, isShort, tooLong } from "../numbers/numberText.ts"
import { isAbsolute, type PriceUse, readPrice } from "./orders.ts"

/**
 * Lists the faults in the text form of a price.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const priceFaults = (
  field: string,
  given: string | undefined,
  { signs, what }: PriceUse,
  name = field
): ReadonlyArray<Fault> => {
  if (given === undefined) return []
  const fault = (text: string) => [{ path: field, fault: text }]
  if (!isShort(given)) return fault(`${name} ${tooLong(given)}`)
  const price = readPrice(given)
  if (price === undefined)
    return fault(`${name} ${given} is not a price: write digits like 61234.5, relative ones like +5, -1.5% or #100`)
  const rest = price.digits + (price.percent ? "%" : "")
  if (isZero(price.digits) && (signs === "+" || (signs === "" && isAbsolute(price))))
    return fault(`${name} ${given} must be above zero: give the ${what}`)
  if (signs === "+" && price.sign !== "+")
    return fault(`${name} ${given} must begin with + since it is a ${what}: use +${rest}`)
  if (signs === "+-" && price.sign !== "+" && price.sign !== "-")
    return fault(`${name} ${given} must begin with + or - since it is a ${what}: use +${rest} or -${rest}`)
  if (price.percent && price.sign === "")
    return fault(`${name} ${given} is a percentage without a direction: use +${rest}, -${rest} or #${rest}`)
  return []
}

export const amountFaults = (field: string, given: string | undefined): ReadonlyArray<Fault> => {
  if (given === undefined) return []
  if (!isShort(given)) return [{ path: field, fault: `${field} ${tooLong(given)}` }]
  const wrong = !isDecimal(given) || given.startsWith("-") || isZero(given)
  return check(wrong, field, `${field} ${given} is not an amount above zero: write digits like 0.5`)
}

/** Checks that the displayed volume of an iceberg is at most its whole volume. */
export const shownFaults = (
  field: string,
  shown: string | undefined,
  wholeField: string,
  whole: string | undefined
): ReadonlyArray<Fault> => {
  const [part, all] = [amount(shown), amount(whole)]
  return check(
    part !== undefined && all !== undefined && D.isPositive(all) && D.greaterThan(part, all),
    field,
    `${field} ${shown} is more than ${wholeField} ${whole}: use ${whole} or less`
  )
}

/**
 * Checks that a `userref` is a signed 32-bit integer.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const userrefFaults = (userref: number | undefined): ReadonlyArray<Fault> =>
  check(
    userref !== undefined && userref !== Math.trunc(Math.min(Math.max(userref, -(2 ** 31)), 2 ** 31 - 1)),
    "userref",
    `userref ${userref} is not a whole number of 32 bits: use one from -2147483648 to 2147483647`
  )

/**
 * Checks the form of a `cl_ord_id`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const clientIdFaults = (id: string | undefined): ReadonlyArray<Fault> =>
  check(
    id !== undefined && !clientId.test(id),
    "cl_ord_id",
    `cl_ord_id ${id} is none of the three forms: use a UUID, 32 hexadecimal digits, or at most 18 plain characters`
  )

const clientId = /^([\dA-F]{8}(-[\dA-F]{4}){3}-[\dA-F]{12}|[\dA-F]{32}|[ -~]{1,18})$/i

/** Reads an amount. Undefined if the text is not a decimal, which `amountFaults` reports. */
export const amount = (text: string | undefined): D.Decimal | undefined =>
  text !== undefined && isDecimal(text) ? D.parse(text) : undefined

export const isZero = (digits: string): boolean => !/[1-9]/.test(digits)

export const check = (wrong: boolean, path: string, fault: string): ReadonlyArray<Fault> =>
  wrong ? [{ path, fault }] : []

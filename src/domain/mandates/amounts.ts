import * as D from "../numbers/decimal.ts"
import { isDecimal } from "../numbers/numberText.ts"

/** Decimals of the amounts in a claim. No asset at Kraken has more. */
const amountPlaces = 10

/** The amount from which on nothing is judged. No account holds so much of anything, and sums of less stay short texts. */
const most = D.decimal("1000000000000000")

/** Reads a decimal of zero or more in the form of requests. Undefined for any other text. */
export const readAmount = (text: string | undefined): D.Decimal | undefined =>
  text !== undefined && isDecimal(text) && !text.startsWith("-") ? D.parse(text) : undefined

/** Rounds an amount up to the decimals of a claim. Undefined if it is absurdly large. */
export const boundOf = (amount: D.Decimal): D.Decimal | undefined =>
  D.lessThan(amount, most) ? D.roundUp(amount, amountPlaces) : undefined

/** The digits of a rate. */
const rateDigits = 18

/** The most decimals of a rate. Its text stays short enough to be parsed. */
const ratePlaces = 36

/** Divides two positive numbers, rounded up to 18 digits. Undefined if the result is absurdly large. */
export const rateOf = (value: D.Decimal, by: D.Decimal): D.Decimal | undefined => {
  const rough = D.format(D.divideUp(value, by, ratePlaces))
  const [whole = "", rest = ""] = rough.split(".")
  const zeros = whole === "0" ? rest.length - rest.replace(/^0+/, "").length : -whole.length
  const rate = D.divideUp(value, by, Math.min(ratePlaces, Math.max(0, rateDigits + zeros)))
  return D.lessThan(rate, most) ? rate : undefined
}

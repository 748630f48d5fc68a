// oxlint-disable-next-line typescript/no-explicit-any -- JSON of any shape
type Json = any

/**
 * An answer whose numbers are as fine as those of an older answer: prices of orders and times of trades have had fewer
 * decimals.
 */
export const asFine = (answer: Json, older: Json): Json => {
  if (Array.isArray(answer)) return answer.map((item, i) => asFine(item, older?.[i]))
  if (typeof answer === "object" && answer !== null)
    return Object.fromEntries(Object.entries(answer).map(([name, inner]) => [name, asFine(inner, older?.[name])]))
  if (typeof answer === "number" && typeof older === "number") return Number(answer.toFixed(decimalsOf(String(older))))
  if (!number.test(answer) || !number.test(older)) return answer
  return Number(answer).toFixed(decimalsOf(older))
}

const number = /^\d+\.\d+$/

const decimalsOf = (text: string): number => text.split(".")[1]?.length ?? 0

import { Either } from "effect"
import { findCommonAsset } from "../assets/commonAssets.ts"
import * as D from "../numbers/decimal.ts"
import { isShort, pattern, tooLong } from "../numbers/numberText.ts"
import { escapeText } from "../wire/escapeText.ts"
import type { Money } from "./mandate.ts"

/** The value of a text, or its fault: the end of a sentence that begins with the name of the limit. */
export type Read<A> = Either.Either<A, string>

/** The most characters of one value. Kraken's names of withdrawal addresses are the longest, and much shorter than this. */
const longest = 200

/** Shows a value in a fault: on one line, and its beginning if it is long. */
export const shown = (text: string): string =>
  escapeText(JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text))

/** Makes the fault of a value that is not understood. */
export const expected = (what: string, text: string): string => `expected ${what}, got ${shown(text)}`

/** Splits texts at their commas. A text that is too long is a fault, and nothing else reads it. */
export const splitList = (texts: ReadonlyArray<string>): Read<ReadonlyArray<string>> => {
  const size = texts.reduce((sum, { length }) => sum + length, 0)
  if (size > 100 * longest) return Either.left(`has ${size} characters; at most ${100 * longest} are read`)
  const members = texts
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter((text) => text !== "")
  const long = members.find(({ length }) => length > longest)
  return long === undefined ? Either.right(members) : Either.left(`has a value of ${long.length} characters`)
}

/** Trims a single text. A text that is too long is a fault, and nothing else reads it. */
export const single = (text: string): Read<string> =>
  text.length > longest ? Either.left(`has ${text.length} characters`) : Either.right(text.trim())

const mostAmount = D.decimal("1000000000")
const mostPlaces = 8

/** Reads an amount of zero or more as plain digits. */
export const readAmount = (text: string): Read<string> => {
  if (!isShort(text)) return Either.left(`${shown(text)} ${tooLong(text)}`)
  if (!pattern.test(text)) return Either.left(expected("digits and a point, as in 500 or 0.1", text))
  const value = D.decimal(text)
  if (text.startsWith("-")) return Either.left(expected("no negative number", text))
  if (D.greaterThan(value, mostAmount)) return Either.left(expected(`at most ${D.format(mostAmount)}`, text))
  if (D.places(value) > mostPlaces) return Either.left(expected(`at most ${mostPlaces} decimals`, text))
  return Either.right(D.format(value))
}

/** Reads an amount above zero. */
export const readPositive = (text: string): Read<string> =>
  Either.flatMap(readAmount(text), (amount) =>
    amount === "0" ? Either.left(expected("more than zero", text)) : Either.right(amount)
  )

/**
 * Reads the name of an asset. Other names of common assets become display names: `XBT` becomes `BTC`. Names in small
 * letters become capitals.
 */
export const readAsset = (text: string): Read<string> => {
  if (!/^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9.]{0,19}$/.test(text))
    return Either.left(expected("the name of an asset, as in USD or BTC", text))
  return Either.right(findCommonAsset(text)?.display ?? (text === text.toLowerCase() ? text.toUpperCase() : text))
}

/** Reads `500USD` or `500 USD`, of which `amount` reads the number. A name that begins with a digit needs the space. */
export const readMoney = (text: string, amount: (text: string) => Read<string> = readPositive): Read<Money> => {
  const [, digits = "", name = ""] = /^([^\sA-Za-z]*)\s*(.*)$/s.exec(text) ?? []
  if (digits === "" || name === "" || /^e[+-]?\d/i.test(name))
    return Either.left(expected("an amount and its currency, as in 500USD", text))
  return Either.all({ amount: amount(digits), asset: readAsset(name) })
}

/** Reads `BTC/USD`, `ETH/*` or a star and a quote. */
export const readPair = (text: string): Read<string> => {
  const [base, quote, ...rest] = text.split("/").map((part) => part.trim())
  if (base === undefined || quote === undefined || rest.length > 0 || (base === "*" && quote === "*"))
    return Either.left(expected("a pair, as in BTC/USD, ETH/* or */EUR", text))
  const side = (name: string) => (name === "*" ? Either.right(name) : readAsset(name))
  const [name = "", ...venue] = quote.split(":")
  if (venue.length > 1 || !venue.every((part) => /^[A-Za-z]{1,10}$/.test(part)))
    return Either.left(expected("a pair, as in BTC/USD, ETH/* or */EUR", text))
  return Either.map(Either.all([side(base), side(name)]), ([left, right]) =>
    [`${left}/${right}`, ...venue.map((part) => part.toUpperCase())].join(":")
  )
}

/** Reads a percentage below 100, with or without its sign. At 100 % a limit of prices would allow any price. */
export const readPercent = (text: string): Read<string> =>
  Either.flatMap(readAmount(text.replace(/\s*%$/, "")), (percent) =>
    D.lessThan(D.decimal(percent), D.decimal("100"))
      ? Either.right(percent)
      : Either.left(expected("a percentage below 100", text))
  )

const mostCount = 1_000_000

/** Reads a whole number from `least` to `most`. */
export const readCount = (text: string, least = 1, most = mostCount): Read<number> => {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  return count >= least && count <= most
    ? Either.right(count)
    : Either.left(expected(`a whole number from ${least} to ${most}`, text))
}

/** Makes a reader of one of some words, in any case. */
export const readWord =
  <const A extends string>(words: ReadonlyArray<A>) =>
  (text: string): Read<A> => {
    const word = words.find((word) => word === text.toLowerCase())
    return word === undefined ? Either.left(expected(oneOf(words), text)) : Either.right(word)
  }

/** Joins words into `a, b or c`. */
export const oneOf = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

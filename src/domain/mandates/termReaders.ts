import { Either, Struct } from "effect"
import type { Ask, Mandate, Money, SpendingLimits, Window } from "./mandate.ts"
import { askKinds, windows } from "./mandateWords.ts"
import { orderOfBudget } from "./termDefaults.ts"
import {
  expected,
  type Read,
  readAmount,
  readAsset,
  readCount,
  readMoney,
  readPair,
  readPositive,
  readWord,
  shown,
  single,
  splitList
} from "./termText.ts"

/** The mandate with a term set as its texts say, or their faults. */
export type ReadTerm = (texts: ReadonlyArray<string>, mandate: Mandate) => Either.Either<Mandate, ReadonlyArray<string>>

/** Makes a reader of a term that is given once. */
export const one =
  (set: (text: string, mandate: Mandate) => Read<Mandate>): ReadTerm =>
  (texts, mandate) => {
    const [text = "", ...others] = texts
    if (others.length > 0) return Either.left([`expected once, got ${texts.length} values`])
    return Either.mapLeft(
      Either.flatMap(single(text), (text) => set(text, mandate)),
      (fault) => [fault]
    )
  }

/** Splits a list, in which the words `all` and `none` stand by themselves. */
export const splitMembers = (
  texts: ReadonlyArray<string>
): Either.Either<ReadonlyArray<string>, ReadonlyArray<string>> =>
  Either.flatMap(
    Either.mapLeft(splitList(texts), (fault) => [fault]),
    (members) => {
      const whole = members.find(isWhole)
      if (members.length === 0) return Either.left(["expected a value, got none"])
      return whole !== undefined && members.length > 1
        ? Either.left([`expected ${whole} by itself, or the other values without it`])
        : Either.right(members)
    }
  )

/** Makes a reader of a list. */
export const many =
  (
    set: (members: ReadonlyArray<string>, mandate: Mandate) => Either.Either<Mandate, ReadonlyArray<string>>
  ): ReadTerm =>
  (texts, mandate) =>
    Either.flatMap(splitMembers(texts), (members) => set(members, mandate))

/** Recognises the words that stand for a whole list. */
const isWhole = (text: string): boolean => /^(all|none)$/i.test(text)

/** Recognises the word that removes a limit. */
export const isNone = (text: string): boolean => /^none$/i.test(text)
/** Recognises the word that allows everything. */
export const isAll = (text: string): boolean => /^all$/i.test(text)

/** Reads all members, or lists the faults of those that are not understood. */
export const readAll = <A>(
  members: ReadonlyArray<string>,
  read: (text: string) => Read<A>
): Either.Either<ReadonlyArray<A>, ReadonlyArray<string>> => {
  const results = members.map(read)
  const faults = results.flatMap((result) => (Either.isLeft(result) ? [result.left] : []))
  return faults.length > 0
    ? Either.left(faults)
    : Either.right(results.flatMap((result) => (Either.isRight(result) ? [result.right] : [])))
}

/** Lists the faults of names that occur twice. */
const twice = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `expected ${shown(name)} once, got it twice`
  )

/** Fails if a name occurs twice. */
export const unique = <A>(
  members: ReadonlyArray<A>,
  nameOf: (member: A) => string
): Either.Either<ReadonlyArray<A>, ReadonlyArray<string>> => {
  const faults = twice(members.map(nameOf))
  return faults.length > 0 ? Either.left(faults) : Either.right(members)
}

/** Splits `VALUE/UNIT` at its last slash. */
export const perUnit = (text: string): readonly [value: string, unit: string] => {
  const at = text.lastIndexOf("/")
  return at < 0 ? [text, ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

/** Removes the keys that are set to `undefined`, and sets the others. */
export const merge = <A>(
  current: { readonly [key: string]: A },
  changes: ReadonlyArray<readonly [key: string, value: A | undefined]>
): { readonly [key: string]: A } => {
  const merged = new Map(Object.entries(current))
  for (const [key, value] of changes) {
    if (value === undefined) merged.delete(key)
    else merged.set(key, value)
  }
  return Object.fromEntries(merged)
}

interface WindowLimit {
  readonly window: Window
  /** Absent for no limit. */
  readonly money: Money | undefined
}

const readMax = (text: string): Read<WindowLimit> => {
  const [value, unit] = perUnit(text)
  if (unit === "") return Either.left(expected("an amount and its window, as in 100USD/order or 500USD/day", text))
  const window = readWord(windows)(unit)
  return isNone(value)
    ? Either.map(window, (window) => ({ window, money: undefined }))
    : Either.all({ window, money: readMoney(value, readAmount) })
}

/** The effect of a new currency on usage, as a part of a fault. */
const forgets = "what was used so far does not count in another currency"

/** Sets limits of spending. `none` by itself removes all of them. */
export const setMax = (
  members: ReadonlyArray<string>,
  current: SpendingLimits
): Either.Either<SpendingLimits, ReadonlyArray<string>> => {
  if (members.some(isNone)) return Either.right({ max: { order: "none", day: "none" } })
  const read = Either.flatMap(readAll(members, readMax), (limits) => unique(limits, ({ window }) => window))
  return Either.flatMap(read, (limits) => {
    const [currency, other] = new Set([
      ...(current.currency === undefined ? [] : [current.currency]),
      ...limits.flatMap(({ money }) => money?.asset ?? [])
    ])
    if (other !== undefined)
      return Either.left([
        `expected one currency for all windows, got ${currency} and ${other}${current.currency === undefined ? "" : `; to change the currency, remove all limits first, with none by itself: ${forgets}`}`
      ])
    const max = { ...current.max }
    for (const { money, window } of limits) {
      if (money !== undefined) max[window] = money.amount
      else if (window === "order" || window === "day") max[window] = "none"
      else delete max[window]
    }
    const isLimited = Object.values(max).some((amount) => amount !== "none")
    return Either.right({ ...(currency !== undefined && isLimited && { currency }), max })
  })
}

/** Reads `BTC=0.1`, `0.1BTC`, or `BTC=none`, which removes it. */
const readHolding = (text: string): Read<readonly [asset: string, amount: string | undefined]> => {
  const [name = "", amount, ...rest] = text.split("=").map((part) => part.trim())
  if (amount === undefined) return Either.map(readMoney(text), ({ amount, asset }) => [asset, amount])
  if (rest.length > 0) return Either.left(expected("an asset and its amount, as in BTC=0.1", text))
  const read = isNone(amount) ? Either.right(undefined) : readPositive(amount)
  return Either.all([readAsset(name), read])
}

/** Makes a reader of amounts by asset. Other assets keep theirs; `none` removes all. */
export const holdings = (field: "grants" | "keep"): ReadTerm =>
  many((members, mandate) => {
    if (members.some(isNone)) return Either.right({ ...mandate, [field]: {} })
    const read = Either.flatMap(readAll(members, readHolding), (given) => unique(given, ([asset]) => asset))
    return Either.map(read, (given) => ({ ...mandate, [field]: merge(mandate[field], given) }))
  })

/** Makes a reader of a list of words. `all` removes the list. `none` could mean either, so it is refused. */
export const words = <const A extends string>(
  choices: ReadonlyArray<A>,
  set: (mandate: Mandate, words: ReadonlyArray<A> | undefined) => Mandate
): ReadTerm =>
  many((members, mandate) => {
    if (members.some(isAll)) return Either.right(set(mandate, undefined))
    const read = Either.flatMap(
      readAll(members, (text) => (isNone(text) ? orAll(text) : readWord(choices)(text))),
      (given) => unique(given, (word) => word)
    )
    return Either.map(read, (given) =>
      set(
        mandate,
        choices.filter((word) => given.includes(word))
      )
    )
  })

const orAll = (text: string): Read<never> => Either.left(expected("names, or all for no limit", text))

/** Reads patterns of pairs such as `ETH/*`, each of which can be given once. */
export const readPatterns = (members: ReadonlyArray<string>) =>
  Either.flatMap(
    readAll(members, (text) => (isWhole(text) ? orAll(text) : readPair(text))),
    (given) => unique(given, (pattern) => pattern)
  )

const readAddress = (
  text: string
): Read<
  readonly [key: string, limit: (Money & { readonly per: "hour" | "day" | "week" | "month" | "total" }) | undefined]
> => {
  const at = text.indexOf("=")
  const [key, limit] = [text.slice(0, Math.max(0, at)).trim(), text.slice(at + 1).trim()]
  if (at < 0 || key === "" || limit.includes("="))
    return Either.left(
      expected("a name of a withdrawal address without = or comma and its limit, as in KEY=200USD/day", text)
    )
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(key))
    return Either.left(expected("a name without control characters or invisible ones", key))
  if (isNone(limit)) return Either.right([key, undefined])
  const [value, unit] = perUnit(limit)
  if (unit === "") return Either.left(expected("a limit with its window, as in KEY=200USD/day", text))
  return Either.map(
    Either.all([readMoney(value), readWord(["hour", "day", "week", "month", "total"])(unit)]),
    ([money, per]) => [key, { ...money, per }] as const
  )
}

/** Sets the limits of withdrawal addresses. `none` forbids withdrawals, `all` allows every address. */
export const setWithdraw: ReadTerm = many((members, mandate) => {
  if (members.some(isAll)) return Either.right(Struct.omit(mandate, "withdraw"))
  if (members.some(isNone)) return Either.right({ ...mandate, withdraw: {} })
  const read = Either.flatMap(readAll(members, readAddress), (given) => unique(given, ([key]) => key))
  return Either.flatMap(read, (given) => {
    const current = mandate.withdraw ?? {}
    const faults = given.flatMap(([key, limit]) => {
      const currency = Object.hasOwn(current, key) ? current[key]?.asset : undefined
      return limit === undefined || currency === undefined || currency === limit.asset
        ? []
        : [
            `expected ${currency}, the currency of the limit of ${shown(key)}, got ${limit.asset}; to change the currency, remove the limit first, with ${key}=none: ${forgets}`
          ]
    })
    return faults.length > 0 ? Either.left(faults) : Either.right({ ...mandate, withdraw: merge(current, given) })
  })
})

const readAsk = (text: string): Read<{ readonly above: Money | "none" } | (typeof askKinds)[number]> => {
  const [name = "", value] = text.split("=").map((part) => part.trim())
  if (!/^above$/i.test(name) || value === undefined) return readWord(askKinds)(text)
  return isNone(value)
    ? Either.right({ above: "none" })
    : Either.map(readMoney(text.slice(text.indexOf("=") + 1).trim(), readAmount), (above) => ({ above }))
}

/** Sets the acts that need a person. Kinds replace those of before, and so does `above=`; `none` removes all. */
export const setAsk = (members: ReadonlyArray<string>, current: Ask): Either.Either<Ask, ReadonlyArray<string>> => {
  if (members.some(isNone)) return Either.right({ kinds: [] })
  const read = Either.flatMap(readAll(members, readAsk), (given) =>
    unique(given, (act) => (typeof act === "string" ? act : "above"))
  )
  return Either.map(read, (given) => {
    const kinds = askKinds.filter((kind) => given.includes(kind))
    const above = given.flatMap((act) => (typeof act === "string" ? [] : [act.above])).at(0) ?? current.above
    return {
      ...(above !== undefined && above !== "none" && { above }),
      kinds: kinds.length > 0 ? kinds : current.kinds
    }
  })
}

/** Reads `60/min`, or `none/min`, which removes it. */
export const readCalls = (text: string): Read<readonly [unit: "min" | "hour" | "day", count: number | undefined]> => {
  const [value, unit] = perUnit(text)
  if (unit === "") return Either.left(expected("a number of calls and its time, as in 60/min", text))
  return Either.all([
    readWord(["min", "hour", "day"])(unit),
    isNone(value) ? Either.right(undefined) : readCount(value)
  ])
}

/** Sets a budget: capital, and the most that may be spent in a day and with one order. */
export const setBudget = one((text, mandate) =>
  Either.flatMap(readMoney(text), (capital) => {
    const { currency, max } = mandate.spending
    if (currency !== undefined && currency !== capital.asset)
      return Either.left(
        `expected ${currency}, the currency of the limits of spending, got ${capital.asset}; to change the currency, set max to none first: ${forgets}`
      )
    const order = orderOfBudget(capital)
    if (order === "0") return Either.left(expected("an amount of which a fifth is more than zero", text))
    return Either.right({
      ...mandate,
      capital,
      spending: { currency: capital.asset, max: { ...max, order, day: capital.amount } }
    })
  })
)

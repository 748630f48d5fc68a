import { Either, Struct } from "effect"
import { orderTypes } from "../orders/orders.ts"
import {
  type Ask,
  askKinds,
  type Mandate,
  type Money,
  type ServerLimits,
  type SpendingLimits,
  type Window,
  windows
} from "./mandate.ts"
import { budgetMandate, defaultMandate, orderOfBudget } from "./termDefaults.ts"
import { faultsOf, spendingFaults, type TermFault } from "./termFaults.ts"
import {
  expected,
  type Read,
  readAmount,
  readAsset,
  readCount,
  readMoney,
  readPair,
  readPercent,
  readPositive,
  readWord,
  shown,
  single,
  splitList
} from "./termText.ts"
import { toolsetNames } from "./toolsetNames.ts"

/** Texts as given, by the names of flags without dashes: `{ budget: ["500USD"], max: ["100USD/order", "500USD/day"] }`. */
export type TermTexts = { readonly [flag: string]: ReadonlyArray<string> }

/** A flag of a mandate. */
export interface TermFlag {
  /** Its name without dashes. */
  readonly flag: string
  /** The setting by which a server without tokens takes it. Empty if there is none. */
  readonly setting: string
  /** The end of the sentence "expected …". */
  readonly expected: string
  readonly purpose: string
  /** The limit of a new mandate for which the flag is not given. */
  readonly byDefault: string
  /** True if the flag can be given several times. Its values can also be one text with commas. */
  readonly repeatable: boolean
}

/** The mandate with a term set as its texts say, or their faults. */
type ReadTerm = (texts: ReadonlyArray<string>, mandate: Mandate) => Either.Either<Mandate, ReadonlyArray<string>>

interface Term extends TermFlag {
  /** The least access under which the term has an effect. */
  readonly access: Mandate["access"]
  readonly read: ReadTerm
}

/** Makes a reader of a term that is given once. */
const one =
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
const splitMembers = (texts: ReadonlyArray<string>): Either.Either<ReadonlyArray<string>, ReadonlyArray<string>> =>
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
const many =
  (
    set: (members: ReadonlyArray<string>, mandate: Mandate) => Either.Either<Mandate, ReadonlyArray<string>>
  ): ReadTerm =>
  (texts, mandate) =>
    Either.flatMap(splitMembers(texts), (members) => set(members, mandate))

/** Recognises the words that stand for a whole list. */
const isWhole = (text: string): boolean => /^(all|none)$/i.test(text)

const isNone = (text: string): boolean => /^none$/i.test(text)
const isAll = (text: string): boolean => /^all$/i.test(text)

/** Reads all members, or lists the faults of those that are not understood. */
const readAll = <A>(
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
const unique = <A>(
  members: ReadonlyArray<A>,
  nameOf: (member: A) => string
): Either.Either<ReadonlyArray<A>, ReadonlyArray<string>> => {
  const faults = twice(members.map(nameOf))
  return faults.length > 0 ? Either.left(faults) : Either.right(members)
}

/** Splits `VALUE/UNIT` at its last slash. */
const perUnit = (text: string): readonly [value: string, unit: string] => {
  const at = text.lastIndexOf("/")
  return at < 0 ? [text, ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

/** Removes the keys that are set to `undefined`, and sets the others. */
const merge = <A>(
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
  const window = readWord(windows)(unit)
  return isNone(value)
    ? Either.map(window, (window) => ({ window, money: undefined }))
    : Either.all({ window, money: readMoney(value, readAmount) })
}

/** Sets limits of spending. `none` by itself removes all of them. */
const setMax = (
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
        `expected one currency for all windows, got ${currency} and ${other}; to change the currency, remove all limits first`
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
const holdings = (field: "grants" | "keep"): ReadTerm =>
  many((members, mandate) => {
    if (members.some(isNone)) return Either.right({ ...mandate, [field]: {} })
    const read = Either.flatMap(readAll(members, readHolding), (given) => unique(given, ([asset]) => asset))
    return Either.map(read, (given) => ({ ...mandate, [field]: merge(mandate[field], given) }))
  })

/** Makes a reader of a list of words. `all` removes the list. `none` could mean either, so it is refused. */
const words = <const A extends string>(
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

const readPatterns = (members: ReadonlyArray<string>) =>
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
  return Either.map(
    Either.all([readMoney(value), readWord(["hour", "day", "week", "month", "total"])(unit)]),
    ([money, per]) => [key, { ...money, per }] as const
  )
}

const setWithdraw: ReadTerm = many((members, mandate) => {
  if (members.some(isAll)) return Either.right(Struct.omit(mandate, "withdraw"))
  if (members.some(isNone)) return Either.right({ ...mandate, withdraw: {} })
  const read = Either.flatMap(readAll(members, readAddress), (given) => unique(given, ([key]) => key))
  return Either.map(read, (given) => ({ ...mandate, withdraw: merge(mandate.withdraw ?? {}, given) }))
})

const readAsk = (text: string): Read<{ readonly above: Money | "none" } | (typeof askKinds)[number]> => {
  const [name = "", value] = text.split("=").map((part) => part.trim())
  if (!/^above$/i.test(name) || value === undefined) return readWord(askKinds)(text)
  return isNone(value)
    ? Either.right({ above: "none" })
    : Either.map(readMoney(text.slice(text.indexOf("=") + 1).trim(), readAmount), (above) => ({ above }))
}

/** Sets the acts that need a person. Kinds replace those of before, and so does `above=`; `none` removes all. */
const setAsk = (members: ReadonlyArray<string>, current: Ask): Either.Either<Ask, ReadonlyArray<string>> => {
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

const readCalls = (text: string): Read<readonly [unit: "min" | "hour" | "day", count: number | undefined]> => {
  const [value, unit] = perUnit(text)
  return Either.all([
    readWord(["min", "hour", "day"])(unit),
    isNone(value) ? Either.right(undefined) : readCount(value)
  ])
}

/** Sets a budget: capital, and the most that may be spent in a day and with one order. */
const setBudget = one((text, mandate) =>
  Either.flatMap(readMoney(text), (capital) => {
    const { currency, max } = mandate.spending
    if (currency !== undefined && currency !== capital.asset)
      return Either.left(`expected ${currency}, the currency of the limits of spending, got ${capital.asset}`)
    const order = orderOfBudget(capital)
    if (order === "0") return Either.left(expected("an amount of which a fifth is more than zero", text))
    return Either.right({
      ...mandate,
      capital,
      spending: { currency: capital.asset, max: { ...max, order, day: capital.amount } }
    })
  })
)

/** All terms, in the order in which they are read and described. */
const terms: ReadonlyArray<Term> = [
  {
    flag: "budget",
    setting: "MCP_KRAKEN_BUDGET",
    expected: "an amount such as 500USD",
    purpose:
      "Capital to trade with, which is also the most spent in a day; a fifth of it is the most for an order. It sets access trade, 10 open orders and a slippage of 1%. Each other limit overrides it.",
    byDefault: "none",
    repeatable: false,
    access: "trade",
    read: setBudget
  },
  {
    flag: "access",
    setting: "MCP_KRAKEN_ACCESS",
    expected: "read, trade or full",
    purpose: "Tools of this kind and below: trade adds orders, full adds funding, earn and subaccounts.",
    byDefault: "read; trade with a budget",
    repeatable: false,
    access: "read",
    read: one((text, mandate) =>
      Either.map(readWord(["read", "trade", "full"])(text), (access) => ({ ...mandate, access }))
    )
  },
  {
    flag: "max",
    setting: "MCP_KRAKEN_MAX",
    expected: `amounts such as 100USD/order,500USD/day, also for hour, week, month and total; none/day for no limit`,
    purpose: "The most that may be spent: with one order, in the last hour, day, week or month, and in total.",
    byDefault: "none; must be stated for order and day",
    repeatable: true,
    access: "trade",
    read: many((members, mandate) =>
      Either.map(setMax(members, mandate.spending), (spending) => ({ ...mandate, spending }))
    )
  },
  {
    flag: "capital",
    setting: "MCP_KRAKEN_CAPITAL",
    expected: "an amount such as 500USD, or none",
    purpose:
      "A virtual sub-account: only this capital and its proceeds are spent, and only bought or granted coins sold.",
    byDefault: "none",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) =>
      isNone(text)
        ? Either.right(Struct.omit(mandate, "capital"))
        : Either.map(readMoney(text, readAmount), (capital) => ({ ...mandate, capital }))
    )
  },
  {
    flag: "grant",
    setting: "MCP_KRAKEN_GRANT",
    expected: "amounts such as BTC=0.1,ETH=2; BTC=none or none removes them",
    purpose: "Coins that belong to the capital from the beginning.",
    byDefault: "none",
    repeatable: true,
    access: "trade",
    read: holdings("grants")
  },
  {
    flag: "keep",
    setting: "MCP_KRAKEN_KEEP",
    expected: "amounts such as 1000USD,BTC=0.5; BTC=none or none removes them",
    purpose: "Balances of the account that no write may go below.",
    byDefault: "none",
    repeatable: true,
    access: "trade",
    read: holdings("keep")
  },
  {
    flag: "pairs",
    setting: "MCP_KRAKEN_PAIRS",
    expected: "pairs such as BTC/USD,ETH/*,*/EUR, or all",
    purpose: "Pairs that may be traded.",
    byDefault: "all",
    repeatable: true,
    access: "trade",
    read: many((members, mandate) =>
      members.some(isAll)
        ? Either.right(Struct.omit(mandate, "pairs"))
        : Either.map(readPatterns(members), (pairs) => ({ ...mandate, pairs }))
    )
  },
  {
    flag: "not-pairs",
    setting: "MCP_KRAKEN_NOT_PAIRS",
    expected: "pairs such as DOGE/*, or none",
    purpose: "Pairs that may not be traded.",
    byDefault: "none",
    repeatable: true,
    access: "trade",
    read: many((members, mandate) =>
      members.some(isNone)
        ? Either.right({ ...mandate, notPairs: [] })
        : Either.map(readPatterns(members), (notPairs) => ({ ...mandate, notPairs }))
    )
  },
  {
    flag: "sides",
    setting: "MCP_KRAKEN_SIDES",
    expected: "buy, sell or all",
    purpose: "Sides of orders that may be placed. Orders that only reduce are always allowed.",
    byDefault: "all",
    repeatable: true,
    access: "trade",
    read: words(["buy", "sell"], (mandate, sides) =>
      sides === undefined ? Struct.omit(mandate, "sides") : { ...mandate, sides }
    )
  },
  {
    flag: "types",
    setting: "MCP_KRAKEN_TYPES",
    expected: `some of ${orderTypes.join(", ")}, or all`,
    purpose: "Types of orders that may be placed. Orders that only reduce are always allowed.",
    byDefault: "all",
    repeatable: true,
    access: "trade",
    read: words(orderTypes, (mandate, types) =>
      types === undefined ? Struct.omit(mandate, "types") : { ...mandate, types }
    )
  },
  {
    flag: "collar",
    setting: "MCP_KRAKEN_COLLAR",
    expected: "a percentage such as 5%, or none",
    purpose: "Percentage by which the price of a limit order may cross the book.",
    byDefault: "5%",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) =>
      isNone(text)
        ? Either.right(Struct.omit(mandate, "collar"))
        : Either.map(readPercent(text), (collar) => ({ ...mandate, collar }))
    )
  },
  {
    flag: "slippage",
    setting: "MCP_KRAKEN_SLIPPAGE",
    expected: "a percentage such as 1%, or none, which refuses market orders",
    purpose: "Percentage by which a market order may walk the book. Market orders need it.",
    byDefault: "none",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) =>
      isNone(text)
        ? Either.right(Struct.omit(mandate, "slippage"))
        : Either.map(readPercent(text), (slippage) => ({ ...mandate, slippage }))
    )
  },
  {
    flag: "max-open",
    setting: "MCP_KRAKEN_MAX_OPEN",
    expected: "a whole number such as 10, or none",
    purpose: "The most open orders.",
    byDefault: "20",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) =>
      isNone(text)
        ? Either.right(Struct.omit(mandate, "maxOpen"))
        : Either.map(readCount(text), (maxOpen) => ({ ...mandate, maxOpen }))
    )
  },
  {
    flag: "rate",
    setting: "MCP_KRAKEN_RATE",
    expected: "a number of writes such as 10/min, or none",
    purpose: "The most writes a minute. Refused ones count too, cancels never.",
    byDefault: "10/min",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) => {
      if (isNone(text)) return Either.right(Struct.omit(mandate, "rate"))
      const [value, unit] = perUnit(text)
      return Either.map(Either.all([readCount(value), readWord(["min"])(unit)]), ([rate]) => ({ ...mandate, rate }))
    })
  },
  {
    flag: "calls",
    setting: "MCP_KRAKEN_CALLS",
    expected: "numbers of calls such as 60/min,5000/day, also for hour; none/day or none removes them",
    purpose: "The most calls of any tool.",
    byDefault: "none",
    repeatable: true,
    access: "read",
    read: many((members, mandate) => {
      if (members.some(isNone)) return Either.right({ ...mandate, calls: {} })
      const read = Either.flatMap(readAll(members, readCalls), (given) => unique(given, ([unit]) => unit))
      return Either.map(read, (given) => ({ ...mandate, calls: merge({ ...mandate.calls }, given) }))
    })
  },
  {
    flag: "max-leverage",
    setting: "MCP_KRAKEN_MAX_LEVERAGE",
    expected: "0 for none, or a whole number from 2 to 100",
    purpose: "The highest leverage.",
    byDefault: "0",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) =>
      Either.map(text === "0" || isNone(text) ? Either.right(0) : readCount(text, 2, 100), (maxLeverage) => ({
        ...mandate,
        maxLeverage
      }))
    )
  },
  {
    flag: "cancel",
    setting: "MCP_KRAKEN_CANCEL",
    expected: "own or any",
    purpose: "Orders that may be changed and cancelled: own orders, or any of the account.",
    byDefault: "own",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) => Either.map(readWord(["own", "any"])(text), (cancel) => ({ ...mandate, cancel })))
  },
  {
    flag: "withdraw",
    setting: "MCP_KRAKEN_WITHDRAW",
    expected:
      "limits such as KEY=200USD/day, also for hour, week, month and total; KEY=none removes one, none forbids withdrawals, all allows every address",
    purpose: "Kraken's names of the addresses that withdrawals may go to, each with its own limit.",
    byDefault: "all",
    repeatable: true,
    access: "full",
    read: setWithdraw
  },
  {
    flag: "ask",
    setting: "MCP_KRAKEN_ASK",
    expected: `above=50USD for orders worth more, and some of ${askKinds.join(", ")}; above=none or none removes them`,
    purpose: "Acts that need the approval of a person.",
    byDefault: "funds",
    repeatable: true,
    access: "trade",
    read: many((members, mandate) => Either.map(setAsk(members, mandate.ask), (ask) => ({ ...mandate, ask })))
  },
  {
    flag: "toolsets",
    setting: "",
    expected: `some of ${toolsetNames.join(", ")}, or all`,
    purpose: "Toolsets to offer, of those that the server offers.",
    byDefault: "all",
    repeatable: true,
    access: "read",
    read: words(toolsetNames, (mandate, toolsets) =>
      toolsets === undefined ? Struct.omit(mandate, "toolsets") : { ...mandate, toolsets }
    )
  }
]

/** The flags of a mandate, in the order of the documents. */
export const termFlags: ReadonlyArray<TermFlag> = terms.map((term) => Struct.omit(term, "access", "read"))

/** A function from a flag to the name by which it was given. */
export type Label = (flag: string) => string

const dashed: Label = (flag) => `--${flag}`

/** Sets terms of a mandate, or lists all problems with them. */
const setTerms = (from: Mandate, given: TermTexts, label: Label): Either.Either<Mandate, ReadonlyArray<string>> => {
  const isGiven = (flag: string) => Object.hasOwn(given, flag) && (given[flag] ?? []).length > 0
  const faults: Array<TermFault> = Object.keys(given)
    .filter((flag) => !terms.some((term) => term.flag === flag))
    .map((flag) => ({ flags: [flag], text: "no such limit" }))
  let mandate = from
  for (const { flag, read } of terms) {
    if (!isGiven(flag)) continue
    const result = read(given[flag] ?? [], mandate)
    if (Either.isRight(result)) mandate = result.right
    else faults.push(...result.left.map((text) => ({ flags: [flag], text })))
  }
  const failed = faults.flatMap(({ flags }) => flags)
  // A budget sets several limits.
  const unread = new Set(failed.includes("budget") ? [...failed, "access", "capital", "max"] : failed)
  const useless = terms.filter(({ access, flag }) => isGiven(flag) && levels[access] > levels[mandate.access])
  const found = [
    ...useless.map(({ access, flag }) => ({
      flags: [flag, "access"],
      text: `needs ${label("access")} ${access}, and access is ${mandate.access}`
    })),
    ...faultsOf(mandate, label)
  ]
  faults.push(...found.filter(({ flags }) => !flags.some((flag) => unread.has(flag))))
  return faults.length > 0
    ? Either.left(faults.map(({ flags: [flag = ""], text }) => `${label(flag)}: ${text}`))
    : Either.right(mandate)
}

const levels: Readonly<Record<Mandate["access"], number>> = { read: 0, trade: 1, full: 2 }

/**
 * Makes a new mandate of texts. Left: all problems, one sentence each, which begins with the name that `label` gives to a
 * flag.
 */
export const makeMandate = (given: TermTexts, label: Label = dashed): Either.Either<Mandate, ReadonlyArray<string>> =>
  setTerms((given["budget"] ?? []).length > 0 ? budgetMandate : defaultMandate, given, label)

/** Changes the limits of a mandate that are given, and leaves the others. Left: all problems, one sentence each. */
export const changeMandate = (
  mandate: Mandate,
  given: TermTexts,
  label: Label = dashed
): Either.Either<Mandate, ReadonlyArray<string>> => setTerms(mandate, given, label)

/** Settings of the limits that all callers of a server share. */
export const serverTerms = {
  max: { setting: "MCP_KRAKEN_SERVER_MAX", expected: "amounts such as 1000USD/day,200USD/order" },
  ask: { setting: "MCP_KRAKEN_SERVER_ASK", expected: `above=50USD and some of ${askKinds.join(", ")}` }
} as const

/** Makes the limits that all callers share. Undefined if there is none. Left: all problems, one sentence each. */
export const makeServerLimits = (
  max: ReadonlyArray<string>,
  ask: ReadonlyArray<string>
): Either.Either<ServerLimits | undefined, ReadonlyArray<string>> => {
  const spending = max.length === 0 ? noSpending : readSpending(max)
  const acts = ask.length === 0 ? noAsk : readActs(ask)
  const problems = [
    ...Either.match(spending, {
      onLeft: (faults) => faults,
      onRight: (limits) => spendingFaults(limits)
    }).map((fault) => `${serverTerms.max.setting}: ${fault}`),
    ...(Either.isLeft(acts) ? acts.left.map((fault) => `${serverTerms.ask.setting}: ${fault}`) : [])
  ]
  if (problems.length > 0) return Either.left(problems)
  return Either.map(Either.all({ spending, ask: acts }), (limits) =>
    limits.spending.currency === undefined && limits.ask.above === undefined && limits.ask.kinds.length === 0
      ? undefined
      : limits
  )
}

const noSpending: Either.Either<SpendingLimits, ReadonlyArray<string>> = Either.right({ max: {} })
const noAsk: Either.Either<Ask, ReadonlyArray<string>> = Either.right({ kinds: [] })

const readSpending = (texts: ReadonlyArray<string>) =>
  Either.flatMap(splitMembers(texts), (members) => setMax(members, { max: {} }))
const readActs = (texts: ReadonlyArray<string>) =>
  Either.flatMap(splitMembers(texts), (members) => setAsk(members, { kinds: [] }))

export { describeMandate } from "./describeMandate.ts"
export { displayNames, nameFaults } from "./mandateNames.ts"
export { widens } from "./widening.ts"

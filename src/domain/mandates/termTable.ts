import { Either, Struct } from "effect"
import { orderTypes } from "../orders/orders.ts"
import { askKinds } from "./mandateWords.ts"
import type { Term } from "./term.ts"
import { expected, readAmount, readCount, readMoney, readPercent, readWord, type Read } from "./termText.ts"
import { toolsetNames } from "./toolsetNames.ts"
import {
  one,
  many,
  isNone,
  isAll,
  readAll,
  unique,
  perUnit,
  merge,
  setMax,
  holdings,
  words,
  readPatterns,
  setWithdraw,
  setAsk,
  readCalls,
  setBudget
} from "./termReaders.ts"

const readLeverage = (text: string): Read<number> =>
  Either.mapLeft(readCount(text, 2, 100), () => expected("0, or a whole number from 2 to 100", text))

/** All terms, in the order in which they are read and described. */
export const terms: ReadonlyArray<Term> = [
  {
    flag: "budget",
    setting: "MCP_KRAKEN_BUDGET",
    expected: "an amount such as 500USD",
    purpose:
      "Capital to trade with, which is also the daily spending limit; the limit per order is a fifth of it. It also sets access trade, 10 open orders and a slippage of 1%. Every other limit overrides it.",
    byDefault: "none",
    repeatable: false,
    access: "trade",
    read: setBudget
  },
  {
    flag: "access",
    setting: "MCP_KRAKEN_ACCESS",
    expected: "read, trade or full",
    purpose: "Kinds of tools to allow: read; trade adds orders; full adds funding, earn and subaccounts.",
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
    purpose: "Spending limits: per order, in the last hour, day, week or month, and in total.",
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
      "A virtual sub-account: the caller spends only this capital and its proceeds, and sells only coins that it bought or was granted.",
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
    purpose: "Coins that belong to the capital from the start.",
    byDefault: "none",
    repeatable: true,
    access: "trade",
    read: holdings("grants")
  },
  {
    flag: "keep",
    setting: "MCP_KRAKEN_KEEP",
    expected: "amounts such as 1000USD,BTC=0.5; BTC=none or none removes them",
    purpose: "Minimum balances of the account, below which no write can take it.",
    byDefault: "none",
    repeatable: true,
    access: "trade",
    read: holdings("keep")
  },
  {
    flag: "pairs",
    setting: "MCP_KRAKEN_PAIRS",
    expected: "pairs such as BTC/USD,ETH/*,*/EUR, or all",
    purpose: "Pairs that can be traded.",
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
    purpose: "Pairs that can't be traded.",
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
    purpose: "Sides of orders that can be placed. Orders that only reduce a position are always allowed.",
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
    purpose: "Types of orders that can be placed. Orders that only reduce a position are always allowed.",
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
    purpose: "How far the price of a limit order can cross the book.",
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
    purpose: "How far a market order can walk the book. Required for market orders.",
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
    purpose: "Maximum number of open orders.",
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
    purpose: "Maximum number of writes a minute. Refused writes count too; cancels never count.",
    byDefault: "10/min",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) => {
      if (isNone(text)) return Either.right(Struct.omit(mandate, "rate"))
      const [value, unit] = perUnit(text)
      if (unit === "") return Either.left(expected("a number of writes a minute, as in 10/min", text))
      return Either.map(Either.all([readCount(value), readWord(["min"])(unit)]), ([rate]) => ({ ...mandate, rate }))
    })
  },
  {
    flag: "calls",
    setting: "MCP_KRAKEN_CALLS",
    expected: "numbers of calls such as 60/min,5000/day, also for hour; none/day or none removes them",
    purpose: "Maximum number of calls, of all tools together.",
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
    purpose: "Maximum leverage.",
    byDefault: "0",
    repeatable: false,
    access: "trade",
    read: one((text, mandate) =>
      Either.map(text === "0" || isNone(text) ? Either.right(0) : readLeverage(text), (maxLeverage) => ({
        ...mandate,
        maxLeverage
      }))
    )
  },
  {
    flag: "cancel",
    setting: "MCP_KRAKEN_CANCEL",
    expected: "own or any",
    purpose: "Orders that can be changed and cancelled: own orders, or any order of the account.",
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
    purpose: "Withdrawal addresses to allow, by their names at Kraken, each with its own limit.",
    byDefault: "none",
    repeatable: true,
    access: "full",
    read: setWithdraw
  },
  {
    flag: "ask",
    setting: "MCP_KRAKEN_ASK",
    expected: `above=50USD for orders worth more, and some of ${askKinds.join(", ")}; above=none or none removes them`,
    purpose: "Writes that need the approval of a person.",
    byDefault: "funds",
    repeatable: true,
    access: "trade",
    read: many((members, mandate) => Either.map(setAsk(members, mandate.ask), (ask) => ({ ...mandate, ask })))
  },
  {
    flag: "toolsets",
    setting: "",
    expected: `some of ${toolsetNames.join(", ")}, or all`,
    purpose: "Toolsets to offer, out of those that the server offers.",
    byDefault: "all",
    repeatable: true,
    access: "read",
    read: words(toolsetNames, (mandate, toolsets) =>
      toolsets === undefined ? Struct.omit(mandate, "toolsets") : { ...mandate, toolsets }
    )
  }
]

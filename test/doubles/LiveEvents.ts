import { Effect } from "effect"
import { stringify } from "lossless-json"
import { readMessage } from "../../src/domain/live/messages.ts"
import { findAccount } from "../../src/exchange/accounts/accounts.ts"
import { executions } from "../../src/exchange/live/executions.ts"
import type { Message } from "../../src/exchange/live/message.ts"
import type { RestExchange } from "../../src/exchange/rest/restExchange.ts"
import { makeTestEvents } from "./NoFeed.ts"

/** The fate of a live event: it is lost, comes twice, or comes after milliseconds and so after later ones. */
export type LiveFault = "pass" | "drop" | "twice" | number

/**
 * Makes the fate of each event from a list that is used again and again. Without a list, no event comes.
 */
export const makeFates = (faults: ReadonlyArray<LiveFault> | undefined) => {
  let n = 0
  return (tell: () => void): Effect.Effect<void> => {
    const fault = faults?.[n++ % faults.length] ?? "drop"
    if (fault === "drop") return Effect.void
    if (fault === "pass") return Effect.sync(tell)
    if (fault === "twice")
      return Effect.sync(() => {
        tell()
        tell()
      })
    return Effect.asVoid(Effect.forkDaemon(Effect.delay(Effect.sync(tell), fault)))
  }
}

/** Makes the live events of an account of a simulated exchange, as its channel `executions` tells them. */
export const liveEventsOf = (rest: RestExchange, name: string, faults: ReadonlyArray<LiveFault> | undefined) => {
  const events = makeTestEvents()
  const fate = makeFates(faults)
  const account = findAccount(rest.exchange, name)
  const feed = account && executions(rest.exchange, account, { orders: true, trades: true, statuses: true })
  const told = (message: Message | undefined) => {
    const read = message && readMessage(stringify(message) ?? "")
    return read?._tag === "Data" ? read.rows.map((row) => ({ row, isSnapshot: read.isSnapshot })) : []
  }
  let isFirst = true
  return {
    observed: events.observed,
    pass: Effect.suspend(() => {
      if (faults === undefined || feed === undefined) return Effect.void
      const messages = [...(isFirst ? [feed.snapshot()] : []), ...feed.updates()]
      isFirst = false
      return Effect.forEach(messages.flatMap(told), ({ isSnapshot, row }) => fate(() => events.tell(row, isSnapshot)), {
        discard: true
      })
    })
  }
}

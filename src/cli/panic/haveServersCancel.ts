import { Clock, Effect, Either, Ref } from "effect"
import type { Authority } from "../../layers/access/record/authority.ts"
import { askServers, readWork, removeWork } from "../../layers/kraken/writes/panic/panicFiles.ts"
import type { PanicReport } from "../../layers/kraken/writes/panic/panicReport.ts"
import { recentKeys } from "../../layers/kraken/writes/panic/recordOfPanic.ts"
import { monotonic } from "../../services/Clocks.ts"
import type { CommonParts, Worked } from "./panicOnAccount.ts"

/** The wait for a server that takes the request. Servers look each second. */
const untilTaken = 5000

/** The least wait, in which all servers have looked. */
const untilAllTook = 2500

/** The longest wait for the reports of servers. */
const untilReported = 60_000

/** Has running servers that have an API key do the work, and waits for their reports. */
export const haveServersCancel = Effect.fnUntraced(function* (
  { authority, options, remains, say, stateDir }: CommonParts,
  why: string
) {
  const nothing = (problem: string): Worked => ({ reports: [], problems: [problem] })
  yield* say(`${why} Asking running servers to cancel.`)
  const asked = yield* Effect.either(askServers(stateDir, yield* Clock.currentTimeMillis, options))
  if (Either.isLeft(asked)) return nothing(`Nothing was cancelled: ${why} ${asked.left.message}`)
  const id = asked.right
  yield* Ref.update(remains, (remains) => ({ ...remains, isAsked: true }))
  const began = yield* monotonic
  let shown = 0
  const finish = (reports: ReadonlyArray<PanicReport>, problems: ReadonlyArray<string>) =>
    Effect.as(removeWork(stateDir, id), { reports, problems } satisfies Worked)
  for (;;) {
    const { keys, lines, reports, working } = yield* Effect.orElseSucceed(readWork(stateDir, id), () => ({
      keys: [],
      lines: [],
      reports: [],
      working: 0
    }))
    yield* Effect.forEach(lines.slice(shown), say)
    shown = Math.max(shown, lines.length)
    const elapsed = (yield* monotonic) - began
    if (working > 0 && reports.length === working && elapsed > untilAllTook) {
      const missing = options.account === undefined ? yield* missingAccounts(authority, keys) : undefined
      if (missing === undefined || elapsed > untilTaken)
        return yield* finish(reports, missing === undefined ? [] : [missing])
    }
    if (working === 0 && elapsed > untilTaken)
      return yield* finish(
        [],
        [
          `Frozen, but nothing was cancelled: ${why} No running server of this state folder has one that it may trade with.`
        ]
      )
    if (elapsed > untilReported)
      return {
        reports,
        problems: ["A server works on it and has not reported within 60 s. It goes on. Its log says how far it is."]
      } satisfies Worked
    yield* Effect.sleep("200 millis")
  }
})

/** Finds accounts of the record that no server reported on. `keys` are the beginnings of the keys of those that did. */
const missingAccounts = Effect.fnUntraced(function* (authority: Authority, keys: ReadonlyArray<string>) {
  const recent = yield* recentKeys(authority)
  if (Either.isLeft(recent))
    return `It is not known if other accounts were traded on: ${recent.left ?? "there is no record."}`
  const missing = recent.right.filter((key) => !keys.some((beginning) => key.startsWith(beginning))).length
  return missing === 0
    ? undefined
    : `No server cancelled for ${missing} API keys of which the record has writes of late. If such a key was replaced, state rekey tells the record.`
})

import { Console, Effect, Option } from "effect"
import process from "node:process"
import { isIn, isPart } from "../../domain/endpoints/endpoints.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { type Answered, approve as approvePlan, deny as denyPlan } from "../../layers/access/approvals/answerPlan.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import { type RunningServer, runningServers } from "../../layers/process/runningServers.ts"
import type { Plan } from "../../services/Approvals.ts"
import { Config } from "../../services/Config.ts"
import {
  type From,
  type FromOperator,
  isoOf,
  openExisting,
  RecordRefusal,
  requireSecret,
  withSecret,
  withState
} from "../audit/record.ts"
import { writeOut } from "../kit/writeOut.ts"
import { readPlan } from "./readPlans.ts"
import { planJson, planText, stateText } from "./shown.ts"

/** The effects of the commands that answer plans. */

/** The longest wait for what becomes of an approved plan, and the pause between two looks. */
const longestWait = "30 seconds"
const pause = "250 millis"

export const approve = Effect.fn("approvals.approve")(function* ({
  envFile,
  id,
  json
}: { readonly id: number; readonly json: boolean } & FromOperator) {
  const plan = yield* readPlan(id, envFile)
  if (plan.state._tag !== "Open") return yield* closed(plan.id, stateText(plan.state))
  if (!json) yield* writeOut(planText(plan))
  const secret = yield* requireSecret(`Approving ${id}`)
  if (Option.isNone(secret))
    return yield* new RecordRefusal({ message: "No operator secret is set, so nothing can be approved." })
  const db = yield* openExisting
  const answered = yield* db.write(({ wall }) =>
    approvePlan(wall, { plan: id, channel: "terminal", secret: secret.value })
  )
  if (answered._tag !== "Answered") return yield* refusalOf(id, answered)
  const { databaseUrl, stateDir } = yield* Config
  // Servers of other machines share a database, and their files are not here.
  const isSent = databaseUrl !== undefined || (yield* runningServers(stateDir)).some(maySend(plan))
  if (!json) yield* Console.log(`Approved. Receipt: ${receiptOf(answered.head)}`)
  if (!isSent) {
    const later = `No server runs with this state folder that may send it. The next one that may sends it, if it starts before ${isoOf(plan.expires)}.`
    return yield* json ? writeOut(`${planJson(yield* readPlan(id, envFile), 2)}\n`) : Console.log(later)
  }
  if (!json)
    yield* Console.log(
      databaseUrl === undefined ? "A server sends it now." : "A server that shares the database sends it, if one runs."
    )
  const ended = yield* Effect.delay(readPlan(id, envFile), pause).pipe(
    Effect.repeat({ until: hasEnded }),
    Effect.timeoutTo({ duration: longestWait, onSuccess: (plan) => plan, onTimeout: () => undefined })
  )
  const last = ended ?? (yield* readPlan(id, envFile))
  yield* Effect.sync(() => {
    if (!isGood(last)) process.exitCode = 1
  })
  yield* json ? writeOut(`${planJson(last, 2)}\n`) : Console.log(`Approval ${id}: ${escapeText(stateText(last.state))}`)
}, withSecret)

export const deny = Effect.fn("approvals.deny")(function* ({
  freeze,
  id,
  reason
}: { readonly id: number; readonly freeze: boolean; readonly reason: Option.Option<string> } & From) {
  const db = yield* openExisting
  const answered = yield* db.write(({ wall }) =>
    denyPlan(wall, { plan: id, channel: "terminal", freezes: freeze, reason: Option.getOrUndefined(reason) })
  )
  if ("frozen" in answered && answered.frozen !== undefined)
    yield* Console.log(`Its caller is frozen: it can only read and cancel. Receipt: ${receiptOf(answered.frozen)}`)
  if (answered._tag !== "Answered") return yield* refusalOf(id, answered)
  yield* Console.log(`Denied: approval ${id}. Receipt: ${receiptOf(answered.head)}`)
}, withState)

/** Checks that a server sends the writes of a plan's caller and endpoint. Of an earlier version that is not known. */
const maySend =
  ({ caller, endpoint }: Plan) =>
  ({ sends }: RunningServer): boolean =>
    sends === undefined ||
    ((caller.id === "local") === (sends.callers === "local") && isIn(endpoint, sends.parts.filter(isPart)))

const hasEnded = ({ state }: Plan): boolean =>
  state._tag !== "Open" && state._tag !== "Approved" && (state._tag !== "Sent" || state.outcome !== undefined)

/** An approved plan that was sent, or still can be. */
const isGood = ({ state }: Plan): boolean =>
  state._tag === "Approved" ||
  state._tag === "Done" ||
  (state._tag === "Sent" && (state.outcome === undefined || state.outcome.outcome === "happened"))

const closed = (id: number, state: string) =>
  new RecordRefusal({ message: `Approval ${id} does not wait for an answer: ${state}.` })

const refusalOf = (id: number, answered: Exclude<Answered, { readonly _tag: "Answered" }>): RecordRefusal => {
  switch (answered._tag) {
    case "NoSuchPlan":
      return new RecordRefusal({ message: `There is no approval ${id}.` })
    case "Closed":
      return closed(id, stateText(answered.state))
    case "Voided":
      return closed(id, `it is void, since ${answered.reason}`)
    case "Frozen": {
      const who = answered.refusal.scope === "caller" ? "Its caller is frozen" : "Everything is stopped"
      return new RecordRefusal({ message: `${who}, so approval ${id} cannot be approved.` })
    }
    case "OtherSecret":
      return new RecordRefusal({ message: "The operator secret was changed meanwhile. Nothing was approved." })
  }
}

import { Clock, Console, Effect } from "effect"
import { describeRequest } from "../../domain/approvals/describeRequest.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { listNewest, listOpen, show as showPlan } from "../../layers/access/approvals/readPlans.ts"
import type { Plan } from "../../services/Approvals.ts"
import { type From, isoOf, isThere, locate, openToRead, RecordRefusal, withState } from "../audit/record.ts"
import { accountNames } from "../kit/accountNames.ts"
import { table } from "../kit/textTable.ts"
import { writeOut } from "../kit/writeOut.ts"
import { planJson, planText, stateText } from "./shown.ts"

/** The effects of the commands that only read plans. */

/** The most plans in a list. */
const most = 50

/** The pause between two looks of `watch`. */
const pause = "1 second"

const readPlans = Effect.fnUntraced(function* (all: boolean, envFile: From["envFile"]) {
  const file = yield* locate
  if (!isThere(file)) return []
  const now = yield* Clock.currentTimeMillis
  const db = yield* openToRead(file)
  const names = yield* accountNames(envFile)
  return yield* db.read(() => (all ? listNewest(now, most, names) : listOpen(now, names)))
}, Effect.scoped)

export const list = Effect.fn("approvals.list")(function* ({
  all,
  envFile,
  json
}: { readonly all: boolean; readonly json: boolean } & From) {
  const plans = yield* readPlans(all, envFile)
  if (json) return yield* writeOut(`[${plans.map((plan) => planJson(plan)).join(",")}]\n`)
  if (plans.length === 0) return yield* Console.log(all ? "There was no write that needed a person." : "Nothing waits.")
  const hasNames = plans.some(({ krakenAccount }) => krakenAccount !== undefined)
  const cells = plans.map(({ caller, expires, id, krakenAccount, state, ...plan }) => [
    String(id),
    isoOf(expires),
    ...(hasNames ? [krakenAccount ?? "—"] : []),
    caller.name === undefined ? caller.id : `${caller.id} (${caller.name})`,
    describeRequest(plan.endpoint, plan.request, plan.claim),
    stateText(state)
  ])
  const head = ["Id", "Expires", ...(hasNames ? ["Account"] : []), "Caller", "Act", "State"]
  yield* writeOut(`${table("Approvals", head, cells)}\n`)
}, withState)

export const show = Effect.fn("approvals.show")(function* ({
  envFile,
  id,
  json
}: { readonly id: number; readonly json: boolean } & From) {
  const plan = yield* readPlan(id, envFile)
  yield* writeOut(json ? `${planJson(plan, 2)}\n` : planText(plan))
}, withState)

/** Reads a plan. Fails if there is none. */
export const readPlan = Effect.fnUntraced(function* (id: number, envFile: From["envFile"]) {
  const file = yield* locate
  const none = new RecordRefusal({ message: `There is no approval ${id}, or its row in the record was altered.` })
  if (!isThere(file)) return yield* none
  const now = yield* Clock.currentTimeMillis
  const db = yield* openToRead(file)
  const names = yield* accountNames(envFile)
  return (yield* db.read(() => showPlan(now, id, names))) ?? (yield* none)
}, Effect.scoped)

export const watch = Effect.fn("approvals.watch")(function* ({ envFile, json }: { readonly json: boolean } & From) {
  if (!json) yield* Console.log("Waiting for writes that need a person. Ctrl+C ends this.")
  const known = new Map<number, string>()
  for (;;) {
    for (const plan of (yield* readPlans(true, envFile)).toReversed()) {
      const state = stateText(plan.state)
      const before = known.get(plan.id)
      known.set(plan.id, state)
      // Those that had ended before are no news.
      if (before === state || (before === undefined && plan.state._tag !== "Open")) continue
      yield* writeOut(json ? `${planJson(plan)}\n` : lineOf(plan, state, before === undefined))
    }
    yield* Effect.sleep(pause)
  }
}, withState)

/** A new plan is shown whole, a later state as a line. */
const lineOf = (plan: Plan, state: string, isNew: boolean): string =>
  isNew ? planText(plan) : `Approval ${plan.id}: ${escapeText(state)}\n`

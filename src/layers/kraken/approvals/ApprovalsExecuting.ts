import { Cause, Effect, Exit, Layer, Option, Ref } from "effect"
import { type Endpoint, isIn } from "../../../domain/endpoints/endpoints.ts"
import { Approvals, type Plan } from "../../../services/Approvals.ts"
import { Callers } from "../../../services/Callers.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenWriter, type SendError, type Sent } from "../../../services/KrakenWriter.ts"
import { Principal } from "../../../services/Principal.ts"
import type { RecordUnavailable } from "../../../services/Record.ts"
import { makePlanRetries } from "./planRetries.ts"

/** The pause between two looks for plans that a person has approved. */
const pause = "500 millis"

/** The pause between two renewals of the claim on a plan. */
const renewEvery = "5 seconds"

/** Plans that are carried out at the same time. */
const concurrency = 4

/** Ids of plans of other servers that are remembered. */
const mostForeign = 1000

/**
 * Sends the writes that a person has approved, each once, as the caller that asked. A plan that fails a check is void. A
 * server that only reads, or does not offer the toolset of a write, leaves it to another one.
 */
export const ApprovalsExecuting = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { readOnly, toolsets } = yield* Config
    const approvals = yield* Approvals
    const callers = yield* Callers
    const writer = yield* KrakenWriter
    if (readOnly) return
    const running = new Set<number>()
    /** Plans whose callers this server does not know. */
    const foreign = new Set<number>()

    const retries = makePlanRetries()

    const permits = ({ caller, endpoint, id }: Plan): boolean =>
      !running.has(id) && !foreign.has(id) && callers.serves(caller.id) && isOffered(endpoint, toolsets)

    /** Notes the end of a plan. Nothing is noted of one that was sent: its write says what became of it. */
    const ended = (plan: Plan, exit: Exit.Exit<Sent, SendError | RecordUnavailable>) => {
      const { id } = plan
      const missing = unrecorded(exit)
      if (missing !== undefined) return retries.failed(plan, missing)
      retries.forget(id)
      const reason = reasonOf(exit)
      return reason === undefined
        ? Effect.void
        : Effect.catchAll(approvals.voided(id, reason), ({ message }) =>
            Effect.logError("An approved write was not sent, and that could not be recorded", { reason: message })
          )
    }

    const one = Effect.fn("KrakenWriter.approved")(
      function* (plan: Plan) {
        const { caller, endpoint, id, request } = plan
        const found = yield* callers.find(caller.id)
        if (found._tag === "Unknown") {
          if (foreign.size < mostForeign) foreign.add(id)
          return
        }
        if (found._tag === "Invalid") return yield* approvals.voided(id, "its token is not valid any more")
        const keeping = Effect.forever(Effect.delay(Effect.ignore(approvals.keep(id)), renewEvery))
        const exit = yield* writer
          .send(endpoint, request, { approval: id })
          .pipe(Effect.provideService(Principal, found.principal), Effect.raceFirst(keeping), Effect.exit)
        yield* ended(plan, exit)
        yield* Effect.logInfo("An approved write has ended", {
          approval: id,
          endpoint,
          outcome: Exit.isSuccess(exit) ? "ok" : (failureOf(exit.cause)?._tag ?? "internal error")
        })
      },
      (effect, { id }) =>
        effect.pipe(
          Effect.catchAll(({ message }) => Effect.logWarning(message)),
          Effect.ensuring(Effect.sync(() => running.delete(id)))
        )
    )

    /** Makes a plan void whose time passed before its write could be recorded. It is tried again if that cannot be, either. */
    const end = (id: number, reason: string) =>
      Effect.matchEffect(approvals.voided(id, `it could not be recorded before its time had passed: ${reason}`), {
        onFailure: () => retries.failed({ id, expires: 0 }, reason),
        onSuccess: () => Effect.sync(() => retries.forget(id))
      })

    /** The last warning. An unusable record is logged once, not at every look. */
    const warned = yield* Ref.make("")
    const warn = ({ message }: RecordUnavailable) =>
      Effect.flatMap(Ref.getAndSet(warned, message), (before) =>
        before === message ? Effect.void : Effect.logWarning(message)
      )

    const look = Effect.gen(function* () {
      for (const { id, reason } of yield* retries.overdue) yield* end(id, reason)
      const resting = yield* retries.resting
      const plans = yield* approvals.claimApproved((plan) => !resting.has(plan.id) && permits(plan))
      for (const { id } of plans) running.add(id)
      // The next look does not wait for the answers of these.
      yield* Effect.forEach(plans, (plan) => Effect.forkIn(slots.withPermits(1)(one(plan)), scope), { discard: true })
    })
    const scope = yield* Effect.scope
    const slots = yield* Effect.makeSemaphore(concurrency)
    yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.catchAll(look, warn), pause)))
  })
)

/** Checks that a server offers the tools of an endpoint. All essential tools that write trade. */
const isOffered = (endpoint: Endpoint, toolsets: (typeof Config.Service)["toolsets"]): boolean =>
  toolsets.some(
    (name) =>
      name !== "websocket" &&
      name !== "portfolio" &&
      name !== "alerts" &&
      isIn(endpoint, [name === "essential" ? "trading" : name])
  )

const failureOf = <E>(cause: Cause.Cause<E>): E | undefined => Option.getOrUndefined(Cause.failureOption(cause))

/** The reason for which a write could not be recorded. It can be carried out as soon as the record can be written again. */
const unrecorded = (exit: Exit.Exit<Sent, SendError | RecordUnavailable>): string | undefined => {
  const error = Exit.isFailure(exit) ? failureOf(exit.cause) : undefined
  return error?._tag === "KrakenNotRecorded" || error?._tag === "RecordUnavailable"
    ? error.reason.replace(/\.$/, "")
    : undefined
}

/** The reason for which a plan is void. Undefined if it was sent, or might be sent by another process. */
const reasonOf = (exit: Exit.Exit<Sent, SendError | RecordUnavailable>): string | undefined => {
  if (Exit.isSuccess(exit)) {
    return exit.value.duplicateOf === undefined ? undefined : "an identical write had just been sent"
  }
  if (Exit.isInterrupted(exit)) return undefined
  const error = failureOf(exit.cause)
  if (error === undefined) return "an internal error occurred, which the log of the server shows"
  switch (error._tag) {
    case "ApprovalVoid":
      return error.reason
    default:
      return error.message.replace(/\.$/, "")
  }
}

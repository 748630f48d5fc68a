import { Effect, Option } from "effect"
import { Config } from "../../services/Config.ts"
import { Metrics } from "../../services/Metrics.ts"
import type { Principal } from "../../services/Principal.ts"
import { Readiness } from "../../services/Readiness.ts"
import { contentType } from "../metrics/prometheusText.ts"
import * as Reply from "./reply.ts"

/** Makes the answer of a page that tells of the server. `authenticated` is the check of the request's token. */
export type StatusPage = <E>(authenticated: Effect.Effect<typeof Principal.Service, E>) => Effect.Effect<Reply.Reply, E>

/**
 * Makes the pages by path: `/ready`, whose details are for bearers of a token, and `/metrics` if the settings offer it to
 * them.
 */
export const makeStatusPages = Effect.gen(function* () {
  const { accounts, authDisabled, metrics } = yield* Config
  const { faults, faultsOf } = yield* Readiness
  const { text } = yield* Metrics

  const ready: StatusPage = Effect.fnUntraced(function* (authenticated) {
    // Without authentication, everybody would see the details.
    const caller = authDisabled ? Effect.succeedNone : Effect.option(authenticated)
    const ofServer = yield* faults
    // A bearer is told of the account of its token, and of no other.
    const known = ofServer.length > 0 || accounts.length > 0 ? yield* caller : Option.none()
    const found = Option.isSome(known) ? yield* faultsOf(known.value.krakenAccount) : ofServer
    const [first] = found
    if (first === undefined) return Reply.ready
    return Reply.unready({ reason: first.part, ...(Option.isSome(known) && { faults: found }) })
  })

  const ofMetrics: StatusPage = (authenticated) =>
    Effect.map(Effect.zipRight(authenticated, text), (body) => Reply.plain(contentType, body))

  return (path: string): StatusPage | undefined =>
    path === "/ready" ? ready : path === "/metrics" && metrics === "token" ? ofMetrics : undefined
})

/** Tells whether an answer of a page is logged. Pages are asked often, so that only refusals are. */
export const isLogged = (status: number): boolean => status >= 400 && status < 500

import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Layer, Option, Queue, Redacted, Schedule } from "effect"
import { Config, type NotificationTarget } from "../../services/Config.ts"
import { monotonic } from "../../services/Clocks.ts"
import { defaultAccount } from "../../services/KrakenAccount.ts"
import { type Notice, Notifier } from "../../services/Notifier.ts"
import { makeBoundedMap } from "../caching/boundedMap.ts"
import { pageAddress } from "../network/pageAddress.ts"
import { noticeText } from "./noticeText.ts"

/** The most notices that wait. A new one drops the oldest. */
const capacity = 100

/** The time in which the receiver has to answer. */
const timeout = "5 seconds"

/** The second and the third try come after one and three seconds. */
const retries = Schedule.intersect(Schedule.exponential("1 second", 3), Schedule.recurs(2))

/** The most kinds of notices whose last time is remembered. */
const mostKinds = 1000

/**
 * Sends notices to the receiver of the settings, one after the other: to a topic of ntfy, or as JSON to a webhook. A
 * receiver that hangs or fails holds up nothing but later notices. Redirects are not followed.
 */
export const NotifierHttp = Layer.scoped(
  Notifier,
  Effect.gen(function* () {
    const config = yield* Config
    const { notify: target } = config
    if (target === undefined) return { isSilent: true, notify: () => Effect.void }
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const about = {
      page: pageAddress(config),
      account: config.account === defaultAccount ? undefined : config.account
    }
    const queue = yield* Queue.sliding<Notice>(capacity)
    const lastTimes = makeBoundedMap<string, number>(mostKinds)

    /** Tells whether a notice of the same kind was queued a short time ago. */
    const isRepeated = (notice: Notice) =>
      Effect.map(monotonic, (now) => {
        const quiet = quietTime(notice)
        if (quiet === undefined) return false
        const last = lastTimes.get(quiet.kind)
        if (last !== undefined && now - last < quiet.time) return true
        lastTimes.set(quiet.kind, now)
        return false
      })

    const send = (notice: Notice) =>
      Effect.suspend(() => client.execute(requestOf(target, notice, about))).pipe(
        Effect.map(({ status }) => status),
        // Closes the connection, whatever else the receiver sends.
        Effect.scoped,
        Effect.mapError(() => ({ reason: "it could not be reached" })),
        Effect.filterOrFail(
          (status) => status >= 200 && status < 300,
          (status) => ({ reason: `it answered with status ${status}` })
        ),
        Effect.timeoutFail({ duration: timeout, onTimeout: () => ({ reason: "it did not answer in time" }) }),
        Effect.retry(retries),
        Effect.catchAll(({ reason }) =>
          // Its address is a secret.
          Effect.logWarning("A notification could not be sent", { notice: notice._tag, reason })
        ),
        Effect.catchAllDefect((defect) => Effect.logError("A notification died", defect))
      )

    yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(queue), send)))
    return {
      isSilent: false,
      notify: (notice: Notice) =>
        Effect.flatMap(isRepeated(notice), (repeated) =>
          repeated ? Effect.void : Effect.asVoid(Queue.offer(queue, notice))
        )
    }
  })
)

/** The milliseconds in which a second notice of a kind is not sent. Undefined: each one is. */
const quietTime = (notice: Notice): { readonly kind: string; readonly time: number } | undefined => {
  switch (notice._tag) {
    case "BudgetNearlyUsed":
      return { kind: JSON.stringify(["budget", notice.layer, notice.caller, notice.limit]), time: 3_600_000 }
    case "WithdrawalRefused":
      return { kind: JSON.stringify(["refused", notice.caller, notice.error]), time: 60_000 }
    default:
      return undefined
  }
}

/** The field of the address that a person opens. */
const linkOf = { ntfy: "click", webhook: "url" } as const

/** Makes the request. Credentials of the address go into a header. */
const requestOf = (
  { kind, url }: NotificationTarget,
  notice: Notice,
  { account, page }: { readonly page: Option.Option<string>; readonly account: string | undefined }
) => {
  const address = new URL(Redacted.value(url))
  const { password, username } = address
  address.username = ""
  address.password = ""
  const { message, title } = noticeText(notice, account)
  const click = Option.map(page, (page) => (notice._tag === "ApprovalAsked" ? `${page}/plans/${notice.plan}` : page))
  const link = Option.match(click, { onNone: () => ({}), onSome: (address) => ({ [linkOf[kind]]: address }) })
  const body =
    kind === "ntfy"
      ? { topic: cutTopic(address), title, message, ...link }
      : {
          event: notice._tag,
          ...(account !== undefined && { account }),
          title,
          message,
          ...(notice._tag === "ApprovalAsked" && { plan: notice.plan }),
          ...(notice._tag === "AlertFired" && { alert: notice.alert }),
          ...link
        }
  return HttpClientRequest.post(address.href).pipe(
    HttpClientRequest.bodyUnsafeJson(body),
    username === "" && password === ""
      ? (request) => request
      : HttpClientRequest.basicAuth(decodeURIComponent(username), decodeURIComponent(password))
  )
}

/**
 * Removes the topic from the end of an address, and returns it. The address is then the one that takes JSON.
 *
 * @see https://docs.ntfy.sh/publish/#publish-as-json read 2026-11-29
 */
const cutTopic = (address: URL): string => {
  const at = address.pathname.lastIndexOf("/")
  const topic = address.pathname.slice(at + 1)
  address.pathname = address.pathname.slice(0, at + 1)
  return topic
}

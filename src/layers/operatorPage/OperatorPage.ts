import { Cause, Context, Effect, Layer, Option, Redacted, Runtime } from "effect"
import type { IncomingMessage } from "node:http"
import type { Answered } from "../access/approvals/answerPlan.ts"
import { Config, type ListenAddress } from "../../services/Config.ts"
import { OperatorSecret, type SecretInForce } from "../../services/OperatorSecret.ts"
import { readBody } from "../http/body.ts"
import { drainBriefly, listenAt } from "../http/listen.ts"
import { type Reply, send } from "../http/reply.ts"
import { isLoopback } from "../network/loopback.ts"
import { pathIn } from "./layout.ts"
import { makeLogIn } from "./logIn.ts"
import { listPage, logInPage, noSecretPage, planPage, problemPage } from "./pages.ts"
import { type AnswerName, answers, makePlanAnswers, markOf } from "./planAnswers.ts"
import { css, page, seeOther } from "./replies.ts"
import { makeRequestPolicy } from "./requestPolicy.ts"
import { isSame, makeSessions, type Session } from "./sessions.ts"
import { stylesheet } from "./stylesheet.ts"

/** The listener of the page for approvals. */
export class OperatorPage extends Context.Tag("mcp-kraken/layers/operatorPage/OperatorPage")<
  OperatorPage,
  { readonly port: number }
>() {}

/** The most bytes of a form. */
const longestForm = 16 * 1024

const cookieName = "mcp_kraken_operator"

/**
 * Serves the page on which a person who knows the operator secret answers approvals, at an address of its own, until the
 * scope ends. It takes no tokens. On loopback it has no TLS.
 */
export const OperatorPageHttp = ({ host, port }: ListenAddress) =>
  Layer.scoped(
    OperatorPage,
    Effect.gen(function* () {
      const config = yield* Config
      const { current } = yield* OperatorSecret
      const plans = yield* makePlanAnswers
      const logIn = yield* makeLogIn
      const sessions = makeSessions()
      const refuse = makeRequestPolicy(config)
      const tls = isLoopback(host) ? Option.none() : config.tls
      const run = Runtime.runFork(yield* Effect.runtime())
      const server = yield* listenAt({ host, port, tls }, drainBriefly)

      /** Reads a form. */
      const formOf = (request: IncomingMessage) =>
        Effect.map(readBody(request, longestForm), (body) => new URLSearchParams(body))

      /** Finds the session of a request. One that began with another secret than the one in force is ended. */
      const sessionOf = Effect.fnUntraced(function* (request: IncomingMessage, id: string) {
        const found = yield* sessions.find(id, cookieOf(request))
        if (Option.isNone(found)) return found
        const secret = yield* current
        if (isInForce(found.value.secret, secret)) return found
        yield* sessions.end(found.value)
        return Option.none()
      })

      const logInReply = Effect.fnUntraced(function* (request: IncomingMessage) {
        if (Option.isNone(yield* current)) return page(503, noSecretPage())
        const form = yield* formOf(request)
        const plan = planIn(form.get("plan"))
        const result = yield* logIn(Redacted.make(form.get("passphrase") ?? ""))
        switch (result._tag) {
          case "Right": {
            const session = yield* sessions.begin(result.secret)
            yield* Effect.logInfo("A person logged in to the page for approvals")
            const isSecure = Option.isSome(tls) || (request.headers.origin ?? "").startsWith("https:")
            return seeOther(pathIn(session, plan === undefined ? "/" : `/plans/${plan}`), {
              "set-cookie": cookieFor(session, isSecure)
            })
          }
          case "Wrong":
            yield* Effect.logWarning("A wrong passphrase was given on the page for approvals", {
              address: request.socket.remoteAddress
            })
            return page(403, logInPage({ plan, problem: "The passphrase is wrong." }))
          case "Closed": {
            const problem = `Too many log-ins: try again in ${result.seconds} s. The passphrase was not checked.`
            return page(429, logInPage({ plan, problem }), { "retry-after": String(result.seconds) })
          }
        }
      })

      const planReply = (session: Session, id: number, status = 200, problem?: string) =>
        Effect.map(
          plans.show(id),
          Option.match({
            onNone: () => noSuchPlan(session),
            onSome: (plan) => page(status, planPage(session, plan, { shown: markOf(plan), problem }))
          })
        )

      const answerReply = Effect.fnUntraced(function* (session: Session, id: number, form: URLSearchParams) {
        const name = answers.find((name) => name === form.get("answer"))
        if (name === undefined) return page(400, problemPage("Not understood", "The form has no answer.", session))
        const answered = yield* plans.answer(id, { name, mark: form.get("shown") ?? "", secret: session.secret })
        if (answered._tag === "OtherSecret") {
          yield* sessions.end(session)
          return page(403, logInPage({ plan: id, problem: "The operator secret was changed. Nothing was approved." }))
        }
        if (answered._tag === "Answered") return seeOther(pathIn(session, `/plans/${id}`))
        if (answered._tag === "NoSuchPlan") return noSuchPlan(session)
        return yield* planReply(session, id, 409, problemOf(answered, name))
      })

      const inSession = Effect.fnUntraced(function* (request: IncomingMessage, id: string, path: string) {
        const plan = planIn(/^\/plans\/(\d+)$/.exec(path)?.[1] ?? null)
        const found = yield* sessionOf(request, id)
        if (Option.isNone(found)) {
          const problem = `Your session has ended: log in again.${request.method === "POST" ? " Nothing was changed." : ""}`
          return page(403, logInPage({ plan, problem }))
        }
        const session = found.value
        if (request.method === "POST") {
          const form = yield* formOf(request)
          if (!isSame(form.get("csrf") ?? "", session.csrf))
            return page(
              403,
              problemPage("Refused", "This form is not one of this session. Nothing was changed.", session)
            )
          if (plan !== undefined) return yield* answerReply(session, plan, form)
          if (path !== "/log-out") return notFound
          yield* sessions.end(session)
          return seeOther("/")
        }
        if (plan !== undefined) return yield* planReply(session, plan)
        if (path !== "/") return notFound
        const { earlier, open } = yield* plans.list
        return page(200, listPage(session, open, earlier))
      })

      const reply = Effect.fnUntraced(
        function* (request: IncomingMessage) {
          const { headers, method } = request
          const path = (request.url ?? "").split("?", 1)[0] ?? ""
          const reason = refuse(method, headers)
          if (reason !== undefined) return page(403, problemPage("Refused", reason))
          if (method !== "GET" && method !== "HEAD" && method !== "POST")
            return page(405, problemPage("Refused", "This page knows GET and POST."), { allow: "GET, HEAD, POST" })
          if (method === "POST" && !/^application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? ""))
            return page(415, problemPage("Refused", "This page takes forms only."))
          if (path === "/style.css") return css(stylesheet)
          const [, id, rest = ""] = /^\/s\/([\w-]{1,64})(\/.*)$/.exec(path) ?? []
          if (id !== undefined) return yield* inSession(request, id, rest)
          if (method === "POST") return path === "/log-in" ? yield* logInReply(request) : notFound
          const plan = planIn(/^\/plans\/(\d+)$/.exec(path)?.[1] ?? null)
          if (path !== "/" && path !== "/log-in" && plan === undefined) return notFound
          return Option.isNone(yield* current) ? page(503, noSecretPage()) : page(200, logInPage({ plan }))
        },
        Effect.catchTags({
          BodyTooLarge: () => Effect.succeed(page(413, problemPage("Refused", "The form is too long."))),
          BodyIncomplete: () => Effect.succeed(page(400, problemPage("Refused", "The form was not complete."))),
          DatabaseUnavailable: ({ message }) => unavailable(message),
          OperatorSecretUnavailable: ({ reason }) => unavailable(reason)
        }),
        Effect.catchAllDefect((defect) =>
          Effect.as(
            Effect.logError("A request of the page for approvals died", Cause.die(defect)),
            page(500, problemPage("Internal error", "Look at the log of the server."))
          )
        )
      )

      yield* server.serve((request, response) => {
        run(
          Effect.map(reply(request), (answer) =>
            send(response, request.method === "HEAD" ? { status: answer.status, headers: answer.headers } : answer)
          )
        )
      })
      return { port: server.port }
    })
  )

const isInForce = ({ fingerprint }: SecretInForce, current: Option.Option<SecretInForce>): boolean =>
  Option.isSome(current) && current.value.fingerprint === fingerprint

/** Reads the number of a plan. */
const planIn = (text: string | null): number | undefined =>
  text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined

const cookieOf = ({ headers: { cookie = "" } }: IncomingMessage): string | undefined =>
  cookie
    .split(";")
    .map((part) => part.trim().split("="))
    .find(([name]) => name === cookieName)?.[1]

const cookieFor = (session: Session, isSecure: boolean): string =>
  `${cookieName}=${session.cookie}; Path=${pathIn(session, "/")}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`

const notFound: Reply = page(404, problemPage("Not found", "There is no such page."))

const noSuchPlan = (session: Session): Reply =>
  page(
    404,
    problemPage("Nothing was changed", "There is no such approval, or its row in the record was altered.", session)
  )

const unavailable = (reason: string) =>
  Effect.as(
    Effect.logError("The page for approvals cannot use the record", { reason }),
    page(503, problemPage("Not possible now", `${reason} Nothing was changed.`))
  )

/** Says why an answer had no effect, or another one than was wanted. */
const problemOf = (
  answered: Extract<Answered, { readonly _tag: "Closed" | "Frozen" | "Voided" }>,
  name: AnswerName
): string => {
  switch (answered._tag) {
    case "Frozen":
      return answered.refusal.scope === "everything"
        ? "Nothing was approved: all trading is stopped."
        : "Nothing was approved: this caller is frozen."
    case "Closed":
      return `Your answer came too late: this approval had ended or was answered.${frozenWords(answered, name)}`
    case "Voided":
      return `This approval is void: ${answered.reason}.${frozenWords(answered, name)}`
  }
}

const frozenWords = (answered: { readonly frozen?: unknown }, name: AnswerName): string => {
  if (name !== "freeze") return ""
  return answered.frozen === undefined ? " The caller was frozen already." : " The caller is frozen now."
}

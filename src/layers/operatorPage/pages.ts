import { actOf } from "../../domain/approvals/actOf.ts"
import { describeRequest } from "../../domain/approvals/describeRequest.ts"
import type { Plan, PlanState } from "../../services/Approvals.ts"
import { html, type Html } from "./html.ts"
import { layout, pathIn } from "./layout.ts"
import { callerOf, moment, planDetails } from "./planDetails.ts"
import type { Session } from "./sessions.ts"

/** The pages that a person sees. They need no script. */

/** Makes the page of the log-in. `plan` is the approval that is shown after it. */
export const logInPage = ({
  plan,
  problem
}: {
  readonly plan?: number | undefined
  readonly problem?: string | undefined
}): string =>
  layout({
    title: "Log in",
    main: html`<h1>Log in</h1>
      ${notice(problem)}
      <form method="post" action="/log-in">
        ${plan === undefined ? undefined : html`<input type="hidden" name="plan" value="${plan}" />`}
        <label for="passphrase">Passphrase of the operator</label>
        <input id="passphrase" name="passphrase" type="password" autocomplete="current-password" required />
        <div><button>Log in</button></div>
      </form>
      <p class="quiet">
        The address of this page is the one that you set or bookmarked yourself. Give the passphrase to no page that an
        agent names.
      </p>`
  })

/** Makes the page that is shown as long as no operator secret is set. */
export const noSecretPage = (): string =>
  layout({
    title: "No operator secret",
    main: html`<h1>No operator secret is set</h1>
      <p>Nobody can approve anything. The page docs/authority.md of mcp-kraken says how that is changed.</p>`
  })

/** Makes the page of a request that is refused, or failed. */
export const problemPage = (title: string, text: string, session?: Session): string =>
  layout({
    title,
    session,
    main: html`<h1>${title}</h1>
      <p>${text}</p>`
  })

/** Makes the list of plans: those that wait, and the newest of the others. */
export const listPage = (session: Session, open: ReadonlyArray<Plan>, others: ReadonlyArray<Plan>): string =>
  layout({
    title: open.length === 0 ? "Nothing waits" : `${open.length} waiting`,
    session,
    main: html`<h1>Approvals</h1>
      <h2>Waiting</h2>
      ${open.length === 0 ? html`<p>Nothing waits for an answer.</p>` : plans(session, open)}
      <p><a href="${pathIn(session, "/")}">Look again</a></p>
      ${
        others.length === 0
          ? undefined
          : html`<h2>Earlier</h2>
              ${plans(session, others)}`
      }`
  })

const plans = (session: Session, all: ReadonlyArray<Plan>): Html =>
  html`<ul class="plans">
    ${all.map(
      (plan) =>
        html`<li>
          <a href="${pathIn(session, `/plans/${plan.id}`)}">Approval ${plan.id}: ${actOf(plan.endpoint)}</a>
          <div><bdi>${describeRequest(plan.endpoint, plan.request, plan.claim)}</bdi></div>
          <div class="quiet">
            Asked by
            ${callerOf(plan)}${plan.krakenAccount === undefined ? undefined : html`, on the account <bdi>${plan.krakenAccount}</bdi>`}.
            ${stateWords(plan.state)}${plan.state._tag === "Open" ? html` Answer before ${moment(plan.expires)}.` : undefined}
          </div>
        </li> `
    )}
  </ul> `

/** Makes the page of a plan: the question as long as it is open, then what became of it. */
export const planPage = (
  session: Session,
  plan: Plan,
  { problem, shown }: { readonly shown: string; readonly problem?: string | undefined }
): string =>
  layout({
    title: `Approval ${plan.id}`,
    session,
    ...(isMoving(plan.state) && { refresh: 2 }),
    main: html`<h1>Approval ${plan.id}: ${actOf(plan.endpoint)}</h1>
      ${notice(problem)} ${plan.state._tag === "Open" ? undefined : result(plan)} ${planDetails(plan)}
      ${plan.state._tag === "Open" ? answerForm(session, plan, shown) : undefined}`
  })

const answerForm = (session: Session, plan: Plan, shown: string): Html =>
  html`<h2 id="answer">Your answer</h2>
    <p>
      A yes lets this server send the request above once, before ${moment(plan.expires)}, if all limits and checks still
      allow it. A freeze lets this caller only read and cancel until you undo it.
    </p>
    <form method="post" action="${pathIn(session, `/plans/${plan.id}`)}" aria-labelledby="answer">
      <input type="hidden" name="csrf" value="${session.csrf}" />
      <input type="hidden" name="shown" value="${shown}" />
      <div class="answers">
        <button class="yes" name="answer" value="yes">Yes, once</button>
        <button class="no" name="answer" value="no">No</button>
        <button class="no" name="answer" value="freeze">No, and freeze this token</button>
      </div>
    </form>`

/** Tells whether more is going to happen to a plan without its person. */
const isMoving = (state: PlanState): boolean =>
  state._tag === "Approved" || (state._tag === "Sent" && state.outcome === undefined)

const channels = { page: "on this page", terminal: "on the terminal", server: "by the server" } as const

/** Says in a sentence how a plan stands. */
const stateWords = (state: PlanState): string => {
  switch (state._tag) {
    case "Open":
      return "It waits for your answer."
    case "Approved":
      return `Approved ${channels[state.channel]}, and not sent yet.`
    case "Denied":
      return `Denied ${channels[state.channel]}. Nothing was sent.`
    case "Void":
      return `Void, since ${state.reason}.`
    case "Done":
      return `Approved and carried out one by one, by the writes after row ${state.row} of the record.`
    case "Expired":
      return "Its time has passed. Nothing was sent."
    case "Sent":
      return outcomeWords(state)
  }
}

const outcomeWords = ({ outcome }: Extract<PlanState, { readonly _tag: "Sent" }>): string => {
  switch (outcome?.outcome) {
    case undefined:
      return "Approved, and being sent."
    case "happened":
      return "Approved, sent and carried out."
    case "did-not-happen":
      return "Approved and sent, but not carried out."
    case "unknown":
      return "Approved and sent. It is unknown whether it was carried out."
  }
}

/** Shows what became of a plan. */
const result = ({ expires, state }: Plan): Html =>
  html`<div class="notice" role="status">
    <p class="lead">${stateWords(state)}</p>
    ${state._tag === "Approved" ? html`<p>A server that runs sends it within seconds. If none runs, the next one sends it, if that is before ${moment(expires)}. This page loads itself again.</p>` : undefined}
    ${state._tag === "Denied" && state.reason !== undefined ? html`<p>Reason: <bdi>${state.reason}</bdi></p>` : undefined}
    ${state._tag === "Sent" ? sent(state) : undefined}
  </div>`

const sent = ({ intent, outcome }: Extract<PlanState, { readonly _tag: "Sent" }>): Html =>
  html`<p>It is row ${intent} of the record.</p>
    ${outcome === undefined ? html`<p>This page loads itself again.</p>` : undefined}
    ${outcome === undefined || outcome.ids.length === 0 ? undefined : html`<p>Kraken's ids: <bdi>${outcome.ids.join(", ")}</bdi></p>`}
    ${outcome?.reason === undefined ? undefined : html`<p>Reason: <bdi>${outcome.reason}</bdi></p>`}
    ${outcome?.check === undefined ? undefined : html`<p>To check: <bdi>${outcome.check}</bdi></p>`}`

const notice = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<p class="notice" role="alert">${text}</p>`

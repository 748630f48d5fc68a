import { Predicate } from "effect"
import { describeRequest } from "../../domain/approvals/describeRequest.ts"
import { canonicalJson } from "../../domain/wire/canonicalJson.ts"
import type { Plan } from "../../services/Approvals.ts"
import { html, type Html } from "./html.ts"

/** Shows text of others, whose direction does not affect what stands beside it. */
const apart = (text: string): Html => html`<bdi>${text}</bdi>`

/** Shows a moment. `at` is Unix milliseconds. */
export const moment = (at: number): Html => {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")} UTC</time>`
}

/** Names the caller of a plan. */
export const callerOf = ({ caller }: Pick<Plan, "caller">): Html =>
  caller.name === undefined
    ? html`callers without a token (<bdi>${caller.id}</bdi>)`
    : html`the token ${apart(caller.name)} (<bdi>${caller.id}</bdi>)`

/** Shows all that a person needs to decide on a plan. */
export const planDetails = (plan: Plan): Html => {
  const { quote, request } = plan
  const isChanged = canonicalJson(quote.sends) !== canonicalJson(request)
  return html`<p class="lead">${apart(describeRequest(plan.endpoint, request, plan.claim))}</p>
    <p>
      Asked by ${callerOf(plan)}, on the account ${apart(plan.krakenAccount ?? plan.account)}. Answer before
      ${moment(plan.expires)}.
    </p>
    ${missing(quote.missing)} ${said(plan.said)}
    <h2>What it can cost</h2>
    ${rows(
      "The most that can leave the account, fees included",
      [],
      quote.worst.map(({ amount, asset }) => [asset, amount])
    )}
    ${rows(
      "Its value in the currencies of limits",
      [],
      quote.values.map(({ amount, currency }) => [currency, amount])
    )}
    ${rows(
      "Fees",
      [],
      [
        ...quote.feeRates.map(({ pair, percent }) => [`Highest fee of ${pair}`, `${percent} %`]),
        ...(quote.fee === undefined
          ? []
          : [["Fee of the withdrawal, a part of its amount", `${quote.fee.amount} ${quote.fee.asset}`]])
      ]
    )}
    ${rows("Address to which Kraken sends it", [], quote.address === undefined ? [] : [["Address", quote.address]])}
    ${rows(
      "Best prices when it was asked for",
      ["Pair", "Bid", "Ask"],
      quote.prices.map(({ ask = "none", bid = "none", pair }) => [pair, bid, ask])
    )}
    <h2>What is left</h2>
    ${rows(
      "Available balances",
      ["Asset", "Before", "Afterwards"],
      quote.balances.map(({ after, asset, before }) => [asset, before, after])
    )}
    ${rows(
      "Limits",
      ["Limit", "Allowed", "Left before", "Left afterwards"],
      quote.limits.map(({ after, allowed, layer, left, limit, unit }) => [
        `${limit} of ${layer === "server" ? "all callers together" : "this caller"}`,
        `${allowed} ${unit}`,
        `${left} ${unit}`,
        `${after} ${unit}`
      ])
    )}
    ${quote.balances.length + quote.limits.length === 0 ? html`<p class="quiet">No balance and no limit was read.</p>` : undefined}
    <h2>What is sent to Kraken</h2>
    ${table(`Request ${plan.endpoint}, as the caller made it`, [], parameters(request))}
    ${isChanged && Object.keys(quote.sends).length > 0 ? table("As it would have been sent when it was asked for", [], parameters(quote.sends)) : undefined}
    ${rows("Terms that limits change", [], Object.entries(quote.changes ?? {}))}
    <h2>About this approval</h2>
    ${table(
      "Why a person is asked, and when",
      [],
      [
        ["Rules that ask for a person", apart(plan.asks.join(", "))],
        ["Asked at", moment(plan.at)],
        ["Answer before", moment(plan.expires)],
        ["A price may have moved by", html`${plan.tolerance} %`]
      ]
    )}`
}

const missing = (facts: ReadonlyArray<string>): Html | undefined =>
  facts.length === 0 ? undefined : html`<p class="notice">These facts could not be read: ${facts.join("; ")}.</p>`

const said = (text: string | undefined): Html | undefined =>
  text === undefined
    ? undefined
    : html`<figure>
        <figcaption>Words of the agent. They can be false.</figcaption>
        <blockquote>${apart(text)}</blockquote>
      </figure>`

/** Lists parameters, the parts of nested ones too. */
const parameters = (params: { readonly [name: string]: unknown }): ReadonlyArray<Row> =>
  Object.entries(params).flatMap(([name, value]) => flatten(name, value))

const flatten = (name: string, value: unknown): ReadonlyArray<Row> => {
  if (value === undefined) return []
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item, index) => flatten(`${name}[${index}]`, item))
  if (Predicate.isRecord(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, item]) => flatten(`${name}.${key}`, item))
  return [[name, apart(Predicate.isString(value) ? value : JSON.stringify(value))]]
}

type Row = readonly [name: string, ...cells: ReadonlyArray<Html>]

/** Makes a table of texts. Nothing if it has no rows. One of names and values has no heads. */
const rows = (
  caption: string,
  heads: ReadonlyArray<string>,
  texts: ReadonlyArray<ReadonlyArray<string>>
): Html | undefined =>
  texts.length === 0
    ? undefined
    : table(
        caption,
        heads,
        texts.map(([name = "", ...cells]) => [name, ...cells.map(apart)])
      )

const table = (caption: string, heads: ReadonlyArray<string>, lines: ReadonlyArray<Row>): Html =>
  html`<table>
    <caption>
      ${caption}
    </caption>
    ${
      heads.length === 0
        ? undefined
        : html`<thead>
            <tr>
              ${heads.map((head) => html`<th scope="col">${head}</th>`)}
            </tr>
          </thead>`
    }
    <tbody>
      ${lines.map(
        ([name, ...cells]) =>
          html`<tr>
            <th scope="row">${apart(name)}</th>
            ${cells.map((cell) => html`<td>${cell}</td>`)}
          </tr> `
      )}
    </tbody>
  </table> `

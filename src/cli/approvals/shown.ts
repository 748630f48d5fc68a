import { describePlan } from "../../domain/approvals/describePlan.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import type { Plan, PlanState } from "../../services/Approvals.ts"
import { isoOf } from "../audit/record.ts"
import { printJson } from "../kit/printJson.ts"

/** Describes the state of a plan for people. */
export const stateText = (state: PlanState): string => {
  switch (state._tag) {
    case "Open":
      return "waits for a person"
    case "Approved":
      return `approved (${state.channel}), waits for a server`
    case "Denied":
      return `denied (${state.channel})${state.reason === undefined ? "" : `: ${state.reason}`}`
    case "Void":
      return `void: ${state.reason}`
    case "Done":
      return `approved, carried out one by one by the writes after row ${state.row}`
    case "Expired":
      return "expired"
    case "Sent": {
      const { intent, outcome } = state
      if (outcome === undefined) return `is being sent (row ${intent})`
      const { check, ids, outcome: name, reason } = outcome
      const more = [ids.join(" "), reason ?? "", name === "unknown" ? (check ?? "") : ""].filter((text) => text !== "")
      return `sent (row ${intent}), ${name}${more.length === 0 ? "" : `: ${more.join(". ")}`}`
    }
  }
}

/** Prints a plan as lines. All texts are escaped, and those of the agent are in quotation marks. */
export const planText = (plan: Plan): string => {
  const facts: ReadonlyArray<readonly [string, string]> = [
    ...describePlan(plan).map(([name, text]) => [name, name === agentSays ? JSON.stringify(text) : text] as const),
    ["Asked at", isoOf(plan.at)],
    ["Expires", isoOf(plan.expires)],
    ["State", stateText(plan.state)]
  ]
  const width = Math.max(...facts.map(([name]) => name.length))
  return [
    `Approval ${plan.id}`,
    ...facts.map(([name, text]) => `  ${name.padEnd(width)}  ${escapeText(text)}`),
    ""
  ].join("\n")
}

/** The name of the fact that an agent wrote itself. */
const agentSays = "The agent says"

/** Prints a plan as JSON, with times as people write them. */
export const planJson = ({ at, expires, ...plan }: Plan, indent = 0): string =>
  printJson({ ...plan, at: isoOf(at), expires: isoOf(expires) }, indent)

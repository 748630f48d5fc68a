import { Effect, Option } from "effect"
import { ProtocolError } from "../../src/layers/mcp/protocol/ProtocolError.ts"
import type { Call } from "../../src/layers/mcp/protocol/serverDefinition.ts"
import { InputRequired, type Question } from "../../src/layers/mcp/protocol/InputRequired.ts"
import { type Fixture, text } from "./tools.ts"

export const elicit = (message: string, properties: Record<string, object>): Question => ({
  method: "elicitation/create",
  params: { message, requestedSchema: { type: "object", properties, required: Object.keys(properties) } }
})

const sample = (prompt: string, maxTokens: number): Question => ({
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text: prompt } }], maxTokens }
})

const roots: Question = { method: "roots/list", params: {} }

const string = { type: "string" }
const nameForm = elicit("What is your name?", { name: string })
const confirmForm = elicit("Please confirm", { ok: { type: "boolean" } })

const askNow = ({ request }: Call, question: Question) =>
  Option.isNone(request)
    ? new ProtocolError({ code: -32600, message: "There is no way to ask" })
    : Effect.map(request.value(question), (answer) => Object(answer))

const elicitNow = (description: string, question: Question): Fixture => ({
  description,
  call: (_, call) =>
    Effect.map(askNow(call, question), ({ action, content }) =>
      text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`)
    )
})

/** Checks that the questions have answers of the right kind. */
export const isAnswered = ({ answers }: Call, questions: Record<string, Question>): boolean =>
  Object.entries(questions).every(([name, { method }]) => {
    const answer = Object(answers[name])
    if (method === "elicitation/create") return answer.action === "accept"
    return method === "roots/list" ? Array.isArray(answer.roots) : answer.content !== undefined
  })

/** A tool that asks by its result, as from 2026-07-28 on. The client returns `state` with the answers. */
const between = (description: string, questions: Record<string, Question>, state?: string): Fixture => ({
  description,
  call: (_, call) =>
    isAnswered(call, questions) && (state === undefined || Option.contains(call.state, state))
      ? Effect.succeed(text(`${state ?? "answered"}: ${JSON.stringify(call.answers)}`))
      : new InputRequired({ questions, ...(state !== undefined && { state }) })
})

export const askingTools: Record<string, Fixture> = {
  test_sampling: {
    description: "Asks the client's model",
    inputSchema: { type: "object", properties: { prompt: string }, required: ["prompt"] },
    call: ({ prompt }, call) =>
      Effect.map(askNow(call, sample(String(prompt), 100)), ({ content }) =>
        text(`LLM response: ${Object(content).text}`)
      )
  },
  test_elicitation: {
    description: "Asks the user",
    inputSchema: { type: "object", properties: { message: string }, required: ["message"] },
    call: ({ message }, call) =>
      Effect.map(
        askNow(
          call,
          elicit(String(message), {
            username: { type: "string", description: "User's response" },
            email: { type: "string", description: "User's email address" }
          })
        ),
        ({ action, content }) => text(`User response: action=${action}, content=${JSON.stringify(content)}`)
      )
  },
  test_elicitation_sep1034_defaults: elicitNow(
    "Asks with defaults",
    elicit("Please review", {
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true }
    })
  ),
  test_elicitation_sep1330_enums: elicitNow(
    "Asks to choose",
    elicit("Please choose", {
      untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
      titledSingle: {
        type: "string",
        oneOf: [
          { const: "value1", title: "First Option" },
          { const: "value2", title: "Second Option" }
        ]
      },
      legacyEnum: {
        type: "string",
        enum: ["opt1", "opt2", "opt3"],
        enumNames: ["Option One", "Option Two", "Option Three"]
      },
      untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
      titledMulti: {
        type: "array",
        items: {
          anyOf: [
            { const: "value1", title: "First Choice" },
            { const: "value2", title: "Second Choice" }
          ]
        }
      }
    })
  ),
  test_missing_capability: between("Needs a client that samples", { sample: sample("Hello", 10) }),
  test_streaming_elicitation: between("Asks the user", { confirm: confirmForm }),
  test_input_required_result_elicitation: between("Asks for a name", { user_name: nameForm }),
  test_input_required_result_sampling: between("Asks the client's model", {
    capital_question: sample("What is the capital of France?", 100)
  }),
  test_input_required_result_list_roots: between("Asks for roots", { client_roots: roots }),
  test_input_required_result_request_state: between("Leaves a state", { confirm: confirmForm }, "state-ok"),
  test_input_required_result_tampered_state: between("Leaves a state", { confirm: confirmForm }, "untouched"),
  test_input_required_result_multiple_inputs: between(
    "Asks three things",
    { user_name: nameForm, greeting: sample("Generate a greeting", 50), client_roots: roots },
    "all three"
  ),
  test_input_required_result_multi_round: {
    description: "Asks twice",
    call: (_, call) => {
      const step1 = { step1: elicit("Step 1: What is your name?", { name: string }) }
      const step2 = { step2: elicit("Step 2: What is your favorite color?", { color: string }) }
      if (Option.contains(call.state, 2) && isAnswered(call, step2)) return Effect.succeed(text("Both answered"))
      return Option.contains(call.state, 1) && isAnswered(call, step1)
        ? new InputRequired({ questions: step2, state: 2 })
        : new InputRequired({ questions: step1, state: 1 })
    }
  },
  test_input_required_result_capabilities: {
    description: "Asks what the client can answer",
    call: (_, call) => {
      const can = Option.getOrElse(call.client, () => ({}))
      const questions = {
        ...("elicitation" in can && { user_name: nameForm }),
        ...("sampling" in can && { greeting: sample("Generate a greeting", 50) })
      }
      return isAnswered(call, questions) ? Effect.succeed(text("Done")) : new InputRequired({ questions })
    }
  }
}

import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Clock, Data, Effect, Either, Predicate, Redacted, Schedule, Schema } from "effect"
import { countTokens } from "gpt-tokenizer"
import type { Outcome } from "./scripted.ts"
import type { Task } from "./task.ts"
import { inWorld, type World } from "./world.ts"

/** A model behind an API of chat completions with tools, as OpenAI defined it and most providers and runners offer it. */
export interface Model {
  /** Such as `https://api.openai.com/v1` or `http://localhost:11434/v1`. */
  readonly baseUrl: string
  readonly name: string
  /** Absent for a runner on this machine that needs none. */
  readonly key?: Redacted.Redacted
}

/** The API gave no usable answer. */
export class ModelError extends Data.TaggedError("ModelError")<{ readonly message: string }> {}

const ToolCall = Schema.Struct({
  id: Schema.String,
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})

const Reply = Schema.Struct({
  choices: Schema.NonEmptyArray(
    Schema.Struct({
      message: Schema.Struct({
        content: Schema.optional(Schema.NullOr(Schema.String)),
        tool_calls: Schema.optional(Schema.NullOr(Schema.Array(ToolCall)))
      })
    })
  ),
  usage: Schema.optional(
    Schema.NullOr(Schema.Struct({ prompt_tokens: Schema.Number, completion_tokens: Schema.Number }))
  )
})

/** The end of a conversation with a model. */
export interface ModelOutcome extends Outcome {
  /** The last message of the model. */
  readonly said: string
  /** The tokens that the provider counted, the list of tools and all earlier messages included in each request. */
  readonly billed: number
}

/** A pause before a request is repeated, which grows. */
const pauses = Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(4))

/** The longest wait for one answer. */
const patience = "2 minutes"

/** Asks a model for its next message. Answers that say that it is busy are repeated. */
const ask = Effect.fnUntraced(
  function* ({ baseUrl, key, name }: Model, messages: ReadonlyArray<object>, tools: ReadonlyArray<object>) {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.post(`${baseUrl}/chat/completions`).pipe(
      key === undefined ? (request) => request : HttpClientRequest.bearerToken(key),
      HttpClientRequest.bodyUnsafeJson({ model: name, messages, ...(tools.length > 0 && { tools }) })
    )
    return yield* client.execute(request).pipe(
      Effect.flatMap(HttpClientResponse.filterStatusOk),
      Effect.retry({
        schedule: pauses,
        while: (error) => error._tag === "RequestError" || error.response.status === 429 || error.response.status >= 500
      }),
      Effect.flatMap(HttpClientResponse.schemaBodyJson(Reply)),
      Effect.scoped,
      Effect.timeout(patience),
      // Neither the address nor the request is shown, which hold the key.
      Effect.mapError((error) => new ModelError({ message: `The model gave no usable answer: ${reasonOf(error)}` }))
    )
  },
  // The clock of the conversation stands still meanwhile.
  Effect.withClock(Clock.make())
)

const reasonOf = (error: { readonly _tag: string; readonly response?: { readonly status: number } }): string =>
  error.response === undefined ? error._tag : `HTTP ${error.response.status}`

const system = (instructions: string) =>
  [
    "You act for the owner of a Kraken account by means of tools. Do what the owner asks with as few calls as possible.",
    "When it is done, or can't be done, say so in a few sentences without calling a tool.",
    instructions
  ].join(" ")

/** Has a model carry out a task. A model that calls twice as often as its budget allows is stopped. */
export const converse = (task: Task, model: Model): Effect.Effect<ModelOutcome, ModelError, HttpClient.HttpClient> =>
  inWorld(task, (world) => talk(task, model, world))

const talk = Effect.fnUntraced(function* (task: Task, model: Model, world: World) {
  const tools = world.tools.map(({ description, inputSchema, name }) => ({
    type: "function",
    function: { name, description, parameters: inputSchema }
  }))
  const offered: ReadonlySet<string> = new Set(world.tools.map(({ name }) => name))
  const messages: Array<object> = [
    { role: "system", content: system(world.instructions) },
    { role: "user", content: task.prompt }
  ]
  let [calls, tokens, billed] = [0, 0, 0]
  for (;;) {
    const { choices, usage } = yield* ask(model, messages, tools)
    const { content, tool_calls } = choices[0].message
    billed += (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0)
    const isOver = calls >= 2 * task.budget.calls
    if (isOver || tool_calls === undefined || tool_calls === null || tool_calls.length === 0) {
      const said = content ?? ""
      // Limit orders at the market are filled meanwhile.
      yield* world.pass(600)
      const faults = [...world.faults(), ...faultsOf(task, { calls, tokens }, said)]
      return { calls, tokens, billed, said, faults } satisfies ModelOutcome
    }
    messages.push({
      role: "assistant",
      content: content ?? null,
      tool_calls: tool_calls.map((call) => ({ type: "function", ...call }))
    })
    for (const { function: wanted, id } of tool_calls) {
      const text = yield* answerTo(world, offered, wanted)
      calls += 1
      tokens += countTokens(JSON.stringify(wanted)) + countTokens(text)
      messages.push({ role: "tool", tool_call_id: id, content: text })
    }
  }
})

/** Calls a tool as a model asked for it. A mistake is answered, so that the model can correct it. */
const answerTo = (
  { call }: World,
  offered: ReadonlySet<string>,
  wanted: { readonly name: string; readonly arguments: string }
): Effect.Effect<string> => {
  if (!offered.has(wanted.name)) return Effect.succeed(`Unknown tool: ${wanted.name}`)
  const parsed = Either.try(() => (wanted.arguments.trim() === "" ? {} : (JSON.parse(wanted.arguments) as unknown)))
  return Either.isRight(parsed) && Predicate.isRecord(parsed.right)
    ? Effect.map(call(wanted.name, parsed.right), ({ text }) => text)
    : Effect.succeed("The arguments are not a JSON object.")
}

const faultsOf = ({ budget, says = [] }: Task, { calls, tokens }: Task["budget"], said: string) => [
  ...(calls > budget.calls ? [`${calls} calls: expected at most ${budget.calls}`] : []),
  ...(tokens > budget.tokens ? [`${tokens} tokens: expected at most ${budget.tokens}`] : []),
  ...says.filter((pattern) => !new RegExp(pattern, "i").test(said)).map((pattern) => `the answer lacks ${pattern}`)
]

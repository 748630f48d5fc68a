import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { converse } from "../../evals/model.ts"
import type { Task } from "../../evals/task.ts"
import { open } from "../../src/layers/http/listen.ts"

/** A request that the API got. */
interface Asked {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: {
    readonly model: string
    readonly messages: ReadonlyArray<{
      readonly role: string
      readonly content: string
      readonly tool_call_id?: string
    }>
    readonly tools?: ReadonlyArray<{ readonly function: { readonly name: string; readonly parameters: object } }>
  }
}

/** The answer of the API: a message of the model, or an HTTP status. */
type Said =
  | { readonly content?: string; readonly calls?: ReadonlyArray<readonly [name: string, args: string]> }
  | number

/** Serves chat completions as OpenAI's API does. `next` decides about the answer by all requests so far. */
const fakeApi = Effect.fnUntraced(function* (next: (asked: ReadonlyArray<Asked>) => Said) {
  const asked: Array<Asked> = []
  const server = createServer((request, response) => {
    let text = ""
    request.on("data", (chunk: Buffer) => (text += String(chunk)))
    request.on("end", () => {
      asked.push({ path: request.url, headers: request.headers, body: JSON.parse(text) })
      const said = next(asked)
      if (typeof said === "number") return response.writeHead(said).end("{}")
      const { calls, content = null } = said
      const tool_calls = calls?.map(([name, args], i) => ({
        id: `call_${asked.length}_${i}`,
        type: "function",
        function: { name, arguments: args }
      }))
      const message = { role: "assistant", content, ...(tool_calls && { tool_calls }) }
      response.writeHead(200, { "content-type": "application/json" })
      return response.end(
        JSON.stringify({ choices: [{ index: 0, message }], usage: { prompt_tokens: 100, completion_tokens: 10 } })
      )
    })
  })
  yield* Effect.acquireRelease(open(server, { host: "127.0.0.1", port: 0 }), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return { asked, model: { baseUrl, name: "test-model", key: Redacted.make("sk-test") } }
})

const task: Task = {
  id: "cancel",
  prompt: "Cancel my open bitcoin order.",
  tools: ["get_open_orders", "cancel_order", "a_tool_of_later"],
  before: [],
  end: { open: 0, placed: 0 },
  says: ["cancelled"],
  budget: { calls: 3, tokens: 1000 }
}

const run = (next: Parameters<typeof fakeApi>[0]) =>
  Effect.gen(function* () {
    const { asked, model } = yield* fakeApi(next)
    const outcome = yield* Effect.either(Effect.provide(converse(task, model), FetchHttpClient.layer))
    return { asked, outcome }
  })

const lastText = (asked: ReadonlyArray<Asked>) => asked.at(-1)?.body.messages.at(-1)?.content ?? ""

describe("a model behind an API of chat completions", () => {
  it.scopedLive("is given the tools, calls them, and brings the account to its end", () =>
    Effect.gen(function* () {
      const { asked, outcome } = yield* run((asked) => {
        if (asked.length === 1) return { calls: [["get_open_orders", ""]] }
        if (asked.length === 2) {
          const [order] = JSON.parse(lastText(asked)).orders
          return { calls: [["cancel_order", JSON.stringify({ txid: order.txid })]] }
        }
        return { content: "The order was cancelled." }
      })
      const { right } = Object(outcome)
      assert.deepInclude(right, { calls: 2, faults: [], billed: 330, said: "The order was cancelled." })
      const [first] = asked
      assert.strictEqual(first?.path, "/v1/chat/completions")
      assert.strictEqual(first?.headers.authorization, "Bearer sk-test")
      assert.strictEqual(first?.body.model, "test-model")
      assert.deepStrictEqual(
        first?.body.tools?.map(({ function: { name } }) => name),
        ["get_open_orders", "cancel_order"]
      )
      assert.deepStrictEqual(
        asked.at(-1)?.body.messages.map(({ role }) => role),
        ["system", "user", "assistant", "tool", "assistant", "tool"]
      )
    })
  )

  it.scopedLive("is told of its mistakes, and has faults if it leaves the account as it was", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const { outcome } = yield* run((asked) => {
        if (asked.length > 1) told.push(lastText(asked))
        return (
          [
            { calls: [["withdraw", "{}"]] } as const,
            { calls: [["cancel_order", "{not JSON"]] } as const,
            { calls: [["cancel_order", "{}"]] } as const
          ][asked.length - 1] ?? { content: "I could not." }
        )
      })
      assert.match(told[0] ?? "", /^Unknown tool: withdraw/)
      assert.match(told[1] ?? "", /JSON/)
      assert.match(told[2] ?? "", /^InvalidArguments: /)
      assert.deepStrictEqual(Object(outcome).right.faults, ["open: expected 0, found 1", "the answer lacks cancelled"])
    })
  )

  it.scopedLive("is stopped if it calls without end", () =>
    Effect.gen(function* () {
      const { asked, outcome } = yield* run(() => ({ calls: [["get_open_orders", "{}"]] }))
      assert.lengthOf(asked, 2 * task.budget.calls + 1)
      assert.include(Object(outcome).right.faults, "6 calls: expected at most 3")
    })
  )

  it.scopedLive("is asked again when it is busy, and its refusal is told without the key", () =>
    Effect.gen(function* () {
      const busy = yield* run((asked) => (asked.length === 1 ? 429 : { content: "I could not." }))
      assert.lengthOf(busy.asked, 2)
      const refused = yield* run(() => 401)
      assert.lengthOf(refused.asked, 1)
      const { left } = Object(refused.outcome)
      assert.strictEqual(left._tag, "ModelError")
      assert.include(left.message, "HTTP 401")
      assert.notInclude(JSON.stringify(left), "sk-test")
    })
  )
})

import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { limitResponse, maxCharacters } from "../../../../src/layers/mcp/handlers/responseLimit.ts"
import { truncateLists } from "../../../../src/layers/mcp/handlers/truncateLists.ts"
import { handlerFetch, TestHttpDefinition } from "../../../doubles/TestMcp.ts"

const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `row ${i}`, text: "x".repeat(100) }))

describe("a list that is too long", () => {
  it("is shortened, the longest first, and the rest stays the same", () => {
    const value = { total: 1000, few: rows(3), deep: { many: rows(1000) }, one: [rows(2)] }
    const cut = truncateLists(value, 10_000)
    assert.isAtMost(JSON.stringify(cut?.value).length, 10_000)
    assert.deepStrictEqual(
      cut?.lists.map(({ of, path }) => [path, of]),
      [["deep.many", 1000]]
    )
    const kept = cut?.lists[0]?.kept ?? 0
    assert.deepStrictEqual(cut?.value, { ...value, deep: { many: rows(1000).slice(0, kept) } })
    assert.isAbove(JSON.stringify(cut?.value).length, 9_800)
  })

  it("is not the only shortened list if that is not enough", () => {
    const cut = truncateLists({ asks: rows(1000), bids: rows(900) }, 1_000)
    assert.isAtMost(JSON.stringify(cut?.value).length, 1_000)
    assert.deepStrictEqual(
      cut?.lists.map(({ path }) => path),
      ["asks", "bids"]
    )
  })

  it("is not shortened in vain if a text is too long", () => {
    assert.isUndefined(truncateLists({ text: "x".repeat(2_000), list: rows(2) }, 1_000))
  })
})

const tool = (intent: "read" | "write") => ({
  intent,
  definition: {
    name: "rows",
    inputSchema: { type: "object" as const },
    outputSchema: {
      type: "object" as const,
      properties: { rows: { type: "array" }, text: { type: "string" } },
      required: ["rows"]
    }
  }
})

const resultOf = (structuredContent: { readonly [key: string]: unknown }) => ({
  content: [{ type: "text" as const, text: JSON.stringify(structuredContent) }],
  structuredContent
})

describe("an answer", () => {
  it.effect("of usual length is unchanged", () =>
    Effect.gen(function* () {
      const result = resultOf({ rows: rows(10) })
      assert.strictEqual(yield* limitResponse(tool("read"), result), result)
    })
  )

  it.effect("that is too long is cut to match the output schema, and names what is missing", () =>
    Effect.gen(function* () {
      const { content, isError, structuredContent } = yield* limitResponse(
        tool("read"),
        resultOf({ rows: rows(2_000) })
      )
      assert.isUndefined(isError)
      const [json, words] = content.map((part) => (part.type === "text" ? part.text : ""))
      assert.deepStrictEqual(JSON.parse(json ?? ""), structuredContent)
      assert.isAtMost(json?.length ?? 0, maxCharacters)
      const shown = Object(structuredContent).rows.length
      assert.isBelow(shown, 2000)
      for (const part of ["rows ", ` ${shown} of 2000`]) assert.include(words, part)
    })
  )

  it.effect("without lists is cut as text, and marked as an error", () =>
    Effect.gen(function* () {
      for (const [intent, begins] of [
        ["read", "Its answer of"],
        ["write", "The call was carried out: do not repeat it. Its answer of"]
      ] as const) {
        const { content, isError, structuredContent } = yield* limitResponse(
          tool(intent),
          resultOf({ rows: [], text: "x".repeat(100_000) })
        )
        assert.isTrue(isError)
        assert.isUndefined(structuredContent)
        const text = content[0]?.type === "text" ? content[0].text : ""
        assert.isTrue(text.startsWith(begins))
        assert.isAtMost(text.length, maxCharacters + 500)
      }
    })
  )

  it.effect("that is a long error keeps its beginning and its end", () =>
    Effect.gen(function* () {
      const text = `InvalidArguments: got "${"x".repeat(1_000_000)}"\nCorrect the arguments.`
      const [part] = (yield* limitResponse(tool("read"), { isError: true, content: [{ type: "text", text }] })).content
      const kept = part?.type === "text" ? part.text : ""
      assert.match(kept, /^InvalidArguments: got "x+ … x+"\nCorrect the arguments\.$/)
      assert.isBelow(kept.length, 10_000)
    })
  )

  const edge = TestHttpDefinition({
    "tools/list": () => Effect.succeed({ tools: [tool("read").definition] }),
    "tools/call": ({ arguments: args }) =>
      limitResponse(tool("read"), resultOf({ rows: rows(Number(args?.["rows"])), text: String(args?.["text"]) }))
  })

  it.effect("that was cut passes the checks of the SDK's clients", () =>
    Effect.gen(function* () {
      const fetch = yield* handlerFetch
      const url = new URL("http://edge.test/mcp")
      const old = new Client({ name: "test", version: "0" })
      const young = new NewClient({ name: "test", version: "0" }, { versionNegotiation: { mode: "auto" } })
      const oldTransport = new StreamableHTTPClientTransport(url, { fetch }) as Transport
      const youngTransport = new NewTransport(url, { fetch })
      yield* Effect.promise(() => Promise.all([old.connect(oldTransport), young.connect(youngTransport)]))
      // A client checks the answers of the tools that it has seen in a list.
      yield* Effect.promise(() => Promise.all([old.listTools(), young.listTools()]))
      const call = (args: { readonly [name: string]: unknown }) => {
        const params = { name: "rows", arguments: args }
        return Effect.promise(() => Promise.all([old.callTool(params), young.callTool(params)]))
      }
      for (const { structuredContent } of yield* call({ rows: 2_000 })) {
        assert.isBelow(Object(structuredContent).rows.length, 2_000)
      }
      for (const { isError } of yield* call({ rows: 0, text: "x".repeat(100_000) })) assert.isTrue(isError)
      yield* Effect.promise(() => Promise.all([old.close(), young.close()]))
    }).pipe(Effect.provide(edge))
  )
})

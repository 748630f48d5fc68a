import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { report } from "../../src/services/CallContext.ts"
import type { InputRequired } from "../../src/layers/mcp/protocol/InputRequired.ts"
import type { ProtocolError } from "../../src/layers/mcp/protocol/ProtocolError.ts"
import type { Call } from "../../src/layers/mcp/protocol/serverDefinition.ts"

/** A tool for the conformance suite. */
export interface Fixture {
  readonly description: string
  readonly inputSchema?: Mcp.Tool["inputSchema"]
  readonly call: (
    args: { readonly [name: string]: unknown },
    call: Call
  ) => Effect.Effect<Mcp.CallToolResult, ProtocolError | InputRequired>
}

export const text = (text: string): Mcp.CallToolResult => ({ content: [{ type: "text", text }] })

/** One red pixel. */
export const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="

/** A WAV file without samples. */
const wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

const image: Mcp.ImageContent = { type: "image", data: png, mimeType: "image/png" }

const moment = Effect.sleep("50 millis")

const log = ({ notify }: Call, data: string) => notify("notifications/message", { level: "info", data })

const answer = (description: string, ...content: Mcp.CallToolResult["content"]): Fixture => ({
  description,
  call: () => Effect.succeed({ content })
})

export const tools: Record<string, Fixture> = {
  test_simple_text: answer("Answers text", {
    type: "text",
    text: "This is a simple text response for testing."
  }),
  test_image_content: answer("Answers an image", image),
  test_audio_content: answer("Answers sound", { type: "audio", data: wav, mimeType: "audio/wav" }),
  test_embedded_resource: answer("Answers a resource", {
    type: "resource",
    resource: {
      uri: "test://embedded-resource",
      mimeType: "text/plain",
      text: "This is an embedded resource content."
    }
  }),
  test_multiple_content_types: answer(
    "Answers text, an image and a resource",
    { type: "text", text: "Multiple content types test:" },
    image,
    {
      type: "resource",
      resource: {
        uri: "test://mixed-content-resource",
        mimeType: "application/json",
        text: '{"test":"data","value":123}'
      }
    }
  ),
  test_error_handling: {
    description: "Fails",
    call: () => Effect.succeed({ isError: true, ...text("This tool intentionally returns an error for testing") })
  },
  test_tool_with_logging: {
    description: "Logs while it works",
    call: (_, call) =>
      Effect.gen(function* () {
        yield* log(call, "Tool execution started")
        yield* moment
        yield* log(call, "Tool processing data")
        yield* moment
        yield* log(call, "Tool execution completed")
        return text("Logged three times")
      })
  },
  test_logging_tool: {
    description: "Logs if the request asks for it",
    call: (_, call) =>
      Effect.gen(function* () {
        if (call.meta["io.modelcontextprotocol/logLevel"] !== undefined) yield* log(call, "As asked")
        return text("Done")
      })
  },
  test_tool_with_progress: {
    description: "Reports progress",
    call: () =>
      Effect.gen(function* () {
        yield* report({ progress: 0, total: 100 })
        yield* moment
        yield* report({ progress: 50, total: 100 })
        yield* moment
        yield* report({ progress: 100, total: 100 })
        return text("All the way")
      })
  },
  test_custom_headers: {
    description: "Has an argument that a header repeats",
    inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } },
    call: ({ region }) => Effect.succeed(text(`Region: ${String(region)}`))
  },
  json_schema_2020_12_tool: {
    description: "Has a schema with every keyword",
    inputSchema: JSON.parse(readFileSync(new URL("schema.json", import.meta.url), "utf8")),
    call: () => Effect.succeed(text("Done"))
  }
}

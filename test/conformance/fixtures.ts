import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import { ProtocolError, resourceNotFound } from "../../src/layers/mcp/protocol/ProtocolError.ts"
import type { ServerDefinition, Watch } from "../../src/layers/mcp/protocol/serverDefinition.ts"
import { InputRequired } from "../../src/layers/mcp/protocol/InputRequired.ts"
import { askingTools, elicit, isAnswered } from "./asking.ts"
import { png, tools as plainTools } from "./tools.ts"

const tools = { ...plainTools, ...askingTools }

const said = (...content: Array<Mcp.PromptMessage["content"]>): Mcp.GetPromptResult => ({
  messages: content.map((content) => ({ role: "user", content }))
})

const text = (text: string) => ({ type: "text", text }) as const

type Prompt = Pick<Mcp.Prompt, "arguments"> & {
  readonly get: (given: Record<string, string>) => Mcp.GetPromptResult
}

const prompts: Record<string, Prompt> = {
  test_simple_prompt: { get: () => said(text("This is a simple prompt for testing.")) },
  test_prompt_with_arguments: {
    arguments: [
      { name: "arg1", description: "First test argument", required: true },
      { name: "arg2", description: "Second test argument", required: true }
    ],
    get: ({ arg1, arg2 }) => said(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))
  },
  test_prompt_with_embedded_resource: {
    arguments: [{ name: "resourceUri", description: "URI of the resource to embed", required: true }],
    get: ({ resourceUri = "" }) =>
      said(
        {
          type: "resource",
          resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." }
        },
        text("Please process the embedded resource above.")
      )
  },
  test_prompt_with_image: {
    get: () => said({ type: "image", data: png, mimeType: "image/png" }, text("Please analyze the image above."))
  },
  test_input_required_result_prompt: { get: () => said(text("With the context you gave")) }
}

const context = { user_context: elicit("What context should the prompt use?", { context: { type: "string" } }) }

const resources: Record<string, { readonly mimeType: string; readonly text: string } | { readonly blob: string }> = {
  "test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
  "test://static-binary": { blob: png },
  "test://watched-resource": { mimeType: "text/plain", text: "Nothing ever happens here." }
}

const read = (uri: string): Mcp.ReadResourceResult | undefined => {
  const fixed = resources[uri]
  if (fixed !== undefined) return { contents: [{ uri, mimeType: "image/png", ...fixed }] }
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1]
  if (id === undefined) return undefined
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
  return { contents: [{ uri, mimeType: "application/json", text }] }
}

const invalid = (message: string) => new ProtocolError({ code: -32602, message })

/** Watches resources that never change. */
export const watch: Watch = (uri) =>
  read(uri) === undefined
    ? new ProtocolError({ code: resourceNotFound, message: "Resource not found", data: { uri } })
    : Effect.succeed({
        forEachChange: (use) => Effect.zipRight(use("known"), Effect.never),
        check: Effect.succeed("allowed")
      })

/** The tools, resources and prompts that the conformance suite calls. */
export const fixtures: ServerDefinition<never> = {
  about: {
    serverInfo: { name: "mcp-kraken-conformance", title: "Fixtures", version: "0.0.0" },
    capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
    instructions: "Fixtures of the conformance suite."
  },
  mirrored: new Map([["test_custom_headers", { region: "Region" }]]),
  methods: {
    "tools/list": () =>
      Effect.succeed({
        tools: Object.entries(tools).map(([name, { description, inputSchema }]) => ({
          name,
          description,
          inputSchema: inputSchema ?? { type: "object" }
        }))
      }),
    "tools/call": ({ arguments: args, name }, call) =>
      tools[name]?.call(args ?? {}, call) ?? invalid(`Unknown tool: ${name}`),
    "resources/list": () =>
      Effect.succeed({
        resources: Object.keys(resources).map((uri) => ({ uri, name: uri.slice(7), description: "A fixture" }))
      }),
    "resources/templates/list": () =>
      Effect.succeed({ resourceTemplates: [{ uriTemplate: "test://template/{id}/data", name: "template" }] }),
    "resources/read": ({ uri }) => {
      const result = read(uri)
      return result === undefined
        ? new ProtocolError({ code: resourceNotFound, message: "Resource not found", data: { uri } })
        : Effect.succeed(result)
    },
    "prompts/list": () =>
      Effect.succeed({
        prompts: Object.entries(prompts).map(([name, prompt]) => ({
          name,
          description: "A fixture",
          arguments: prompt.arguments
        }))
      }),
    "prompts/get": ({ arguments: given, name }, call) => {
      const prompt = prompts[name]
      if (prompt === undefined) return invalid(`Unknown prompt: ${name}`)
      if (name === "test_input_required_result_prompt" && !isAnswered(call, context)) {
        return new InputRequired({ questions: context })
      }
      return Effect.succeed(prompt.get(given ?? {}))
    },
    "completion/complete": ({ argument: { value } }) =>
      Effect.succeed({ completion: { values: [`${value}-completed`], total: 1, hasMore: false } })
  }
}

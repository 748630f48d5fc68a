import type { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import {
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest
} from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import type { Config } from "../../services/Config.ts"
import { type Prompt, prompts } from "../../tools/Prompts.ts"
import { completePair, pairTemplate, read, type Resource, resources } from "../../tools/Resources.ts"
import * as ToolError from "../../tools/ToolError.ts"
import type { ToolServices } from "../../tools/Toolsets.ts"

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** Runs an effect for a request, in its caller's name. */
export type Run = <A>(effect: Effect.Effect<A, McpError, ToolServices>, extra: Extra) => Promise<A>

/** What the eras before 2026-07-28 answer for a resource that is not there; the edge translates it for the newest. */
export const resourceNotFound = -32002

/** Completions that are sent at once; MCP allows no more. */
const maxCompletions = 100

/** Resources, prompts and completion, beside the tools. */
export const attach = (server: Server, config: typeof Config.Service, run: Run): void => {
  const offered = resources.filter((resource) => isOffered(resource, config))

  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: offered.map(({ description, name, title, uri }) => ({ uri, name, title, description, mimeType }))
  }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [{ ...pairTemplate, mimeType }]
  }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }, extra) => run(readResource(uri), extra))
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: prompts.map(({ arguments: args, description, name, title }) => ({
      name,
      title,
      description,
      arguments: args.map(({ description, name, required }) => ({ name, description, required }))
    }))
  }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = promptNamed(params.name)
    const given = params.arguments ?? {}
    const missing = prompt.arguments.filter(({ name, required }) => required && !given[name]).map(({ name }) => name)
    if (missing.length > 0) throw new McpError(ErrorCode.InvalidParams, `${prompt.name} needs ${missing.join(", ")}`)
    const text = prompt.text(given)
    return { description: prompt.description, messages: [{ role: "user", content: { type: "text", text } }] }
  })
  server.setRequestHandler(CompleteRequestSchema, ({ params: { argument, ref } }, extra) => {
    const isPair =
      ref.type === "ref/resource"
        ? ref.uri === pairTemplate.uriTemplate && argument.name === "pair"
        : promptNamed(ref.name).arguments.some(({ isPair, name }) => isPair === true && name === argument.name)
    const values = isPair ? completePair(argument.value) : Effect.succeed([])
    return run(Effect.map(values, completion), extra)
  })
}

const mimeType = "application/json"

const isOffered = ({ isPrivate, uri }: Resource, { toolsets }: typeof Config.Service): boolean =>
  !isPrivate || toolsets.includes(uri.startsWith("kraken://orders") ? "trading" : "account")

const readResource = (uri: string) =>
  read(uri).pipe(
    Effect.map((value) => ({ contents: [{ uri, mimeType, text: JSON.stringify(value) }] })),
    Effect.mapError((error) =>
      error._tag === "ResourceNotFound"
        ? new McpError(resourceNotFound, error.message, { uri })
        : new McpError(-32000, ToolError.words(error))
    )
  )

const promptNamed = (name: string): Prompt => {
  const prompt = prompts.find((prompt) => prompt.name === name)
  if (prompt === undefined) throw new McpError(ErrorCode.InvalidParams, `Unknown prompt: ${name.slice(0, 100)}`)
  return prompt
}

const completion = (values: ReadonlyArray<string>) => ({
  completion: {
    values: values.slice(0, maxCompletions),
    total: values.length,
    hasMore: values.length > maxCompletions
  }
})

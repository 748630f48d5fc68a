import { Effect, Struct } from "effect"
import { CallBudget } from "../../../services/CallBudget.ts"
import { refusalData } from "../../../services/LimitErrors.ts"
import { type Offer, Policy } from "../../../services/Policy.ts"
import type { Principal } from "../../../services/Principal.ts"
import { type Prompt, prompts as allPrompts } from "../../../tools/prompts.ts"
import {
  completePair,
  type Offered,
  pairTemplate,
  picturesPage,
  read,
  resources,
  templates,
  Text
} from "../../../tools/resources.ts"
import * as ErrorAdvice from "../../../tools/errorAdvice.ts"
import { tools, type ToolServices } from "../../../tools/toolsets.ts"
import type { TradingMode } from "../../../services/TradingMode.ts"
import { ProtocolError, resourceNotFound } from "../protocol/ProtocolError.ts"
import type { ServerDefinition } from "../protocol/serverDefinition.ts"
import { tradingMeta } from "./tradingModeNotes.ts"

/** The most completions in one answer. MCP allows no more. */
const maxCompletions = 100

const mimeType = "application/json"

/** Makes the handlers of resources, prompts and completion. A prompt is offered only if all of its tools are. */
export const resourcesAndPrompts = (trading: typeof TradingMode.Service) => {
  const offered = Effect.filter(resources, ({ name, toolset }) => isOffered({ name, toolset, mayRead: true }))
  const prompts = Effect.filter(allPrompts, ({ tools: names }) =>
    Effect.every(names, (name) => {
      const tool = tools.get(name)
      return tool === undefined ? Effect.succeed(false) : isOffered(tool)
    })
  )
  const promptNamed = (name: string): Effect.Effect<Prompt, ProtocolError, Policy | Principal> =>
    Effect.flatMap(prompts, (prompts) => {
      const prompt = prompts.find((prompt) => prompt.name === name)
      return prompt === undefined ? invalid(`Unknown prompt: ${name.slice(0, 100)}`) : Effect.succeed(prompt)
    })
  const offeredTemplates = Effect.filter(templates, ({ name, toolset }) => isOffered({ name, toolset, mayRead: true }))
  return {
    "resources/list": () =>
      Effect.map(offered, (offered) => ({
        resources: offered.map(({ description, name, title, uri }) => ({ uri, name, title, description, mimeType }))
      })),
    "resources/templates/list": () =>
      Effect.map(offeredTemplates, (offered) => ({
        resourceTemplates: offered.map((template) => Struct.omit(template, "toolset"))
      })),
    "resources/read": ({ uri }) =>
      Effect.flatMap(
        Effect.all({ resources: offered, templates: offeredTemplates, page: isOffered(picturesPage) }),
        (offered) => readResource(offered, uri, trading)
      ),
    "prompts/list": () =>
      Effect.map(prompts, (prompts) => ({
        prompts: prompts.map(({ arguments: args, description, name, title }) => ({
          name,
          title,
          description,
          arguments: args.map(({ description, name, required }) => ({ name, description, required }))
        }))
      })),
    "prompts/get": Effect.fnUntraced(function* ({ arguments: given = {}, name }) {
      const prompt = yield* promptNamed(name)
      const missing = prompt.arguments.filter(({ name, required }) => required && !given[name]).map(({ name }) => name)
      if (missing.length > 0) return yield* invalid(`${prompt.name} needs ${missing.join(", ")}`)
      const text = prompt.text(given)
      return { description: prompt.description, messages: [{ role: "user", content: { type: "text", text } }] }
    }),
    "completion/complete": Effect.fnUntraced(function* ({ argument, ref }) {
      const isPair =
        ref.type === "ref/resource"
          ? ref.uri === pairTemplate.uriTemplate && argument.name === "pair"
          : (yield* promptNamed(ref.name)).arguments.some(
              ({ isPair, name }) => isPair === true && name === argument.name
            )
      return completion(isPair ? yield* completePair(argument.value) : [])
    })
  } satisfies ServerDefinition<ToolServices>["methods"]
}

const isOffered = (offer: Offer) => Effect.flatMap(Policy, (policy) => policy.offers(offer))

/**
 * Reads a resource, which counts as a call. A simulated account is marked as such beside its numbers, since models see only the text.
 */
const readResource = (offered: Offered, uri: string, trading: typeof TradingMode.Service) => {
  const isAccount = offered.resources.some((resource) => resource.uri === uri && resource.isPrivate)
  const simulation = trading.mode === "paper" && isAccount ? { simulated: true, market: trading.market.name } : {}
  return Effect.flatMap(CallBudget, (calls) => calls.count({ name: "resources/read", exempt: false })).pipe(
    Effect.zipRight(read(offered, uri)),
    Effect.map((value) => ({
      contents: [
        value instanceof Text
          ? { uri, ...value }
          : { uri, mimeType, text: JSON.stringify({ ...simulation, ...Object(value) }) }
      ],
      _meta: tradingMeta(trading)
    })),
    Effect.mapError((error) =>
      error._tag === "ResourceNotFound"
        ? new ProtocolError({ code: resourceNotFound, message: error.message, data: { uri } })
        : new ProtocolError({ code: -32000, message: ErrorAdvice.errorText(error), data: refusalData(error) })
    )
  )
}

const invalid = (message: string) => new ProtocolError({ code: -32602, message })

const completion = (values: ReadonlyArray<string>) => ({
  completion: {
    values: values.slice(0, maxCompletions),
    total: values.length,
    hasMore: values.length > maxCompletions
  }
})

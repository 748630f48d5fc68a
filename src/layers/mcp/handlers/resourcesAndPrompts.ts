import { Effect, Struct } from "effect"
import { CallBudget } from "../../../services/CallBudget.ts"
import { refusalData } from "../../../services/LimitErrors.ts"
import { type Offer, Policy } from "../../../services/Policy.ts"
import type { Principal } from "../../../services/Principal.ts"
import { type Prompt, prompts as allPrompts } from "../../../tools/prompts.ts"
import {
  bookTemplate,
  completePair,
  liveTarget,
  type Offered,
  pairTemplate,
  picturesPage,
  read,
  type Resource,
  type ResourceNotFound,
  resources,
  templates,
  Text,
  tickerTemplate
} from "../../../tools/resources.ts"
import * as ErrorAdvice from "../../../tools/errorAdvice.ts"
import { type ToolError, tools, type ToolServices } from "../../../tools/toolsets.ts"
import type { TradingMode } from "../../../services/TradingMode.ts"
import { ProtocolError, refusedCode, resourceNotFound } from "../protocol/ProtocolError.ts"
import type { CallNotes, ServerDefinition } from "../protocol/serverDefinition.ts"
import { tradingMeta } from "./tradingModeNotes.ts"

/** The most completions in one answer. MCP allows no more. */
const maxCompletions = 100

const mimeType = "application/json"

/** Makes the handlers of resources, prompts and completion. A prompt is offered only if all of its tools are. */
export const resourcesAndPrompts = (trading: typeof TradingMode.Service) => {
  const offered = Effect.filter(resources, isOfferedResource)
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
  const offeredTemplates = Effect.filter(templates, isOfferedResource)
  return {
    "resources/list": () =>
      Effect.map(Effect.filter(resources, isListed), (listed) => ({
        resources: listed.map(({ description, name, title, uri }) => ({ uri, name, title, description, mimeType }))
      })),
    "resources/templates/list": () =>
      Effect.map(Effect.filter(templates, isListed), (listed) => ({
        resourceTemplates: listed.map((template) => Struct.omit(template, "toolset", "tool"))
      })),
    "resources/read": ({ uri }, { notes }) =>
      Effect.flatMap(
        Effect.all({ resources: offered, templates: offeredTemplates, page: isOffered(picturesPage) }),
        (offered) => readResource(offered, uri, trading, notes)
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
          ? pairTemplates.has(ref.uri) && argument.name === "pair"
          : (yield* promptNamed(ref.name)).arguments.some(
              ({ isPair, name }) => isPair === true && name === argument.name
            )
      return completion(isPair ? yield* completePair(argument.value) : [])
    })
  } satisfies ServerDefinition<ToolServices>["methods"]
}

const isOffered = (offer: Offer) => Effect.flatMap(Policy, (policy) => policy.offers(offer))

/** The templates with a pair to complete. */
const pairTemplates: ReadonlySet<string> = new Set(
  [pairTemplate, tickerTemplate, bookTemplate].map(({ uriTemplate }) => uriTemplate)
)

/** The properties by which a resource or a template is offered. */
type ResourceOffer = Pick<Resource, "name" | "toolset" | "tool">

/** Checks that a resource is offered: as the tool that answers the same, or by its toolset. */
export const isOfferedResource = ({ name, tool, toolset }: ResourceOffer) =>
  isOffered((tool === undefined ? undefined : tools.get(tool)) ?? { name, toolset, mayRead: true })

/** Checks that lists show a resource: as they show the tool that answers the same. */
const isListed = (resource: ResourceOffer) => {
  const tool = resource.tool === undefined ? undefined : tools.get(resource.tool)
  return tool === undefined
    ? isOfferedResource(resource)
    : Effect.flatMap(Policy, (policy) => Effect.map(policy.visible([tool]), (visible) => visible.length > 0))
}

/**
 * Reads a resource, which counts as a call. A simulated account is marked as such beside its numbers, since models see only the text.
 */
const readResource = (offered: Offered, uri: string, trading: typeof TradingMode.Service, notes: CallNotes) => {
  const isAccount = offered.resources.some((resource) => resource.uri === uri && resource.isPrivate)
  const simulation = trading.mode === "paper" && isAccount ? { simulated: true, market: trading.market.name } : {}
  return Effect.flatMap(CallBudget, (calls) => calls.count({ name: "resources/read", exempt: false })).pipe(
    Effect.zipRight(read(offered, uri)),
    Effect.map((value) => {
      // A read that notes no origin has asked Kraken.
      const { age, source } = notes.source ?? { age: 0, source: "rest" }
      const origin = liveTarget(uri) === undefined ? {} : { source, age_ms: Math.round(age) }
      return {
        contents: [
          value instanceof Text
            ? { uri, ...value }
            : { uri, mimeType, text: JSON.stringify({ ...simulation, ...Object(value), ...origin }) }
        ],
        _meta: tradingMeta(trading)
      }
    }),
    Effect.mapError((error) => resourceError(uri, error))
  )
}

/** Makes the error for a resource that cannot be read. */
export const resourceError = (uri: string, error: ToolError | ResourceNotFound): ProtocolError =>
  error._tag === "ResourceNotFound"
    ? new ProtocolError({ code: resourceNotFound, message: error.message, data: { uri } })
    : new ProtocolError({ code: refusedCode, message: ErrorAdvice.errorText(error), data: refusalData(error) })

const invalid = (message: string) => new ProtocolError({ code: -32602, message })

const completion = (values: ReadonlyArray<string>) => ({
  completion: {
    values: values.slice(0, maxCompletions),
    total: values.length,
    hasMore: values.length > maxCompletions
  }
})

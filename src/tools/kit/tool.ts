import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Cause, Effect, type ParseResult, Schema } from "effect"
import { type Endpoint, endpoints, type Params, type Result } from "../../domain/endpoints/endpoints.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import type { KrakenUnreadable } from "../../services/KrakenErrors.ts"
import type { SendError } from "../../services/KrakenWriter.ts"
import type { Names, UnknownName } from "../../services/Names.ts"
import type { PermissionCache } from "../../services/PermissionCache.ts"
import type { Offer, Policy, Refusal, ToolFacts } from "../../services/Policy.ts"
import type { Principal } from "../../services/Principal.ts"
import type { Record } from "../../services/Record.ts"
import * as Arguments from "./arguments.ts"
import { beginning, defect, type ToolDefect, unreadable } from "./defects.ts"
import * as Issues from "./issues.ts"
import * as JsonSchema from "./jsonSchema.ts"
import * as Spellings from "./resolveNames.ts"
import { recordRefusal } from "./recordRefusal.ts"
import * as Steps from "./steps.ts"

/** What any tool may fail with before its handler runs, or when Kraken refuses what the key may not do. */
export type GateError = Arguments.InvalidArguments | Refusal

/**
 * One thing a model may ask Kraken to do.
 *
 * `run` is the typed program, for tests and for other tools. `call` is the same program behind the wire: untrusted
 * arguments in, MCP content out.
 */
export interface Tool<out Name extends string, in Input, out Output, out E, out R>
  extends ToolFacts, Pick<Offer, "mayRead"> {
  readonly name: Name
  readonly definition: Mcp.Tool
  readonly run: (input: Input) => Effect.Effect<Output, E | GateError, R | Gate>
  readonly call: (args: unknown) => Effect.Effect<Mcp.CallToolResult, E | GateError, R | Gate>
}

/** What every tool needs before its handler runs, and when Kraken refuses what the key may not do. */
type Gate = Policy | PermissionCache | Principal | Record

/** The part of a tool that a reader, human or model, needs in order to choose it. */
interface About<Fields extends Schema.Struct.Fields> {
  readonly title: string
  /** First what the caller gets; then units and limits; for a write what it does to money. Models pay for each word. */
  readonly description: string
  readonly input: Fields
  /** True for the inputs with which a tool that may write only reads. */
  readonly reads?: (input: InputOf<Fields>) => boolean
  /** What a schema can't say: the faults of an input, each with the path of its field. */
  readonly rules?: (input: InputOf<Fields>) => ReadonlyArray<Fault>
}

type InputOf<Fields extends Schema.Struct.Fields> = Schema.Struct<Fields>["Type"]

/** A tool with a handler of its own. Fields of the answer that `output` does not name stay here. */
export const make = <
  const Name extends string,
  Fields extends Schema.Struct.Fields,
  A,
  I extends Steps.JsonObject,
  B extends A,
  E,
  R
>(
  name: Name,
  spec: About<Fields> & {
    /** None where Kraken is not asked. */
    readonly endpoint?: Endpoint
    readonly output: Schema.Schema<A, I>
    readonly handler: (input: InputOf<Fields>) => Effect.Effect<B, E, R>
    readonly files?: (answer: NoInfer<B>) => ReadonlyArray<Steps.File>
  }
): Tool<Name, InputOf<Fields>, B, E, R | Schema.Struct.Context<Fields>> => {
  const input = Schema.Struct(spec.input)
  const inputSchema = JsonSchema.input(input)
  const decode = Arguments.decoder(name, input, inputSchema)
  const encode = Schema.encode(spec.output)
  const { idempotent, intent, permissions } = spec.endpoint === undefined ? nothingAsked : endpoints[spec.endpoint]

  const facts: ToolFacts = { name, endpoint: spec.endpoint, intent, permissions }

  const run = Effect.fnUntraced(function* (value: InputOf<Fields>) {
    const reads = intent === "read" || spec.reads?.(value) === true
    yield* recordRefusal(
      reads ? undefined : spec.endpoint,
      value
    )(Effect.zipRight(Steps.authorize({ ...facts, reads }), Steps.validate(name, spec.rules?.(value) ?? [])))
    return yield* Effect.catchAll(spec.handler(value), (error) => Steps.explain(error, permissions))
  })

  const render = (answer: B) =>
    Effect.map(Effect.orDie(encode(answer)), (encoded) => Steps.render(encoded, spec.files?.(answer) ?? []))

  return {
    ...facts,
    name,
    mayRead: intent === "read" || (intent === "write" && spec.reads !== undefined),
    definition: {
      name,
      title: spec.title,
      description: spec.description,
      inputSchema,
      outputSchema: JsonSchema.output(spec.output),
      annotations: {
        readOnlyHint: intent === "read",
        destructiveHint: intent === "destroy",
        idempotentHint: idempotent,
        openWorldHint: true
      }
    },
    run,
    call: (args) =>
      decode(args).pipe(
        // With wrong arguments, a tool that also reads is not known to be about to write.
        recordRefusal(spec.reads === undefined ? spec.endpoint : undefined, args),
        Effect.flatMap(run),
        Effect.flatMap(render)
      )
  }
}

/** A tool that answers by itself. */
const nothingAsked = { intent: "read", permissions: [], idempotent: true } as const

/** What an answer may be shaped with. */
export interface Shaping<Input> {
  readonly input: Input
  /** Display names for Kraken's ids; themselves where they are not known. */
  readonly pair: (id: string) => string
  readonly asset: (id: string) => string
}

/** What any endpoint tool may fail with. */
export type EndpointError = SendError | Steps.NotOffered | KrakenUnreadable | ToolDefect | UnknownName

/**
 * A tool that is exactly one Kraken endpoint: resolve names, execute, shape the answer, keep what `output` promises.
 *
 * `shape` gets Kraken's result as its endpoint types it; whatever it throws is a defect. A write goes through
 * `KrakenWriter`; if its answer is an object, what `Fields.Written` names is added to it.
 */
export const endpoint = <
  const Name extends string,
  E extends Endpoint,
  Fields extends Schema.Struct.Fields,
  A,
  I extends Steps.JsonObject
>(
  name: Name,
  spec: About<Fields> & {
    readonly endpoint: E
    readonly output: Schema.Schema<A, I>
    /** The faults that only Kraken's lists can show, such as a price between two ticks. Nothing is sent then. */
    readonly check?: (input: InputOf<Fields>, known: Steps.Known) => ReadonlyArray<Fault>
    /** What is sent, where that is not simply the input. Names are Kraken's by then. */
    readonly params?: (input: Params) => Params
    /** How lists of plain values travel. Default: as one comma-separated text. */
    readonly lists?: "text" | "json"
    /** The tool to advise where Kraken does not know the endpoint. */
    readonly instead?: string
    /** From Kraken's result to the encoded form of `output`. Default: as it is. */
    readonly shape?: (result: Result<E>, shaping: Shaping<InputOf<Fields>>) => NoInfer<I>
  }
) => {
  const encode = Schema.encode(Schema.Struct(spec.input))
  const decodeResult = Schema.decodeUnknown(endpoints[spec.endpoint].result)
  const decode = Schema.decodeUnknown(spec.output)
  const spell = Spellings.makeResolveNames(spec.input)
  const { endpoint, instead, shape } = spec
  const execution = { endpoint, instead, canRepeat: "repeat" in spec.input }
  const handler = Effect.fnUntraced(function* (input: InputOf<Fields>) {
    const named = yield* spell(yield* Effect.orDie(encode(input)))
    if (spec.check !== undefined)
      yield* recordRefusal(endpoint, input)(Steps.validate(name, spec.check(input, yield* Steps.known)))
    const wanted = Arguments.withoutEmpty(spec.params?.(named) ?? named)
    const params = spec.lists === "json" ? wanted : Arguments.commaLists(wanted)
    const reads = endpoints[spec.endpoint].intent === "read" || spec.reads?.(input) === true
    const { extra, result } = yield* Steps.execute({ ...execution, reads }, params)
    const shaped: Effect.Effect<unknown, ParseResult.ParseError, Names | Principal> =
      shape === undefined
        ? decodeResult(result)
        : Effect.zipWith(decodeResult(result), Spellings.displayNames, (known, displays) =>
            shape(known, { input, ...displays })
          )
    return yield* shaped.pipe(
      Effect.flatMap((answer) => decode(isObject(answer) ? { ...answer, ...extra } : answer)),
      Effect.catchTag("ParseError", (error) =>
        unreadable(spec.endpoint, !reads, result, Issues.format(Issues.faults(error), "(answer)"))
      ),
      Effect.catchAllDefect((thrown): Effect.Effect<never, KrakenUnreadable | ToolDefect> => {
        const facts = reads ? nothing : { outcome: "done" as const, answer: beginning(result) }
        return Effect.flatMap(defect(Cause.die(thrown), { tool: name, ...facts }), Effect.fail)
      })
    )
  }, Spellings.noticeStale)
  return make(name, { ...spec, handler })
}

const nothing = { outcome: "nothing", answer: "" } as const

const isObject = (value: unknown): value is Steps.JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

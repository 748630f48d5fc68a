import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Array as Arr, Cause, Effect, type ParseResult, Predicate, Schema, Struct } from "effect"
import { type Endpoint, endpoints, type Intent, type Params, type Result } from "../../domain/endpoints/endpoints.ts"
import type { AnyOf } from "../../domain/keys/permissions.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import type { KrakenClient } from "../../services/KrakenClient.ts"
import type { KrakenUnreadable } from "../../services/KrakenErrors.ts"
import type { KrakenWriter, SendError } from "../../services/KrakenWriter.ts"
import type { Names, UnknownName } from "../../services/Names.ts"
import type { PermissionCache } from "../../services/PermissionCache.ts"
import type { Offer, Policy, Refusal, ToolFacts } from "../../services/Policy.ts"
import type { Principal } from "../../services/Principal.ts"
import type { Record } from "../../services/Record.ts"
import { annotationsOf } from "./annotations.ts"
import * as Arguments from "./arguments.ts"
import { beginning, defect, type ToolDefect, unreadable } from "./defects.ts"
import * as Issues from "./issues.ts"
import * as JsonSchema from "./jsonSchema.ts"
import type { ExtraReads } from "./extraReads.ts"
import type { Ids } from "./lookUp.ts"
import { recordRefusal } from "./recordRefusal.ts"
import * as Refusals from "./refusals.ts"
import * as ResolveNames from "./resolveNames.ts"
import * as Steps from "./steps.ts"
import { once } from "./once.ts"
import { periodFaults } from "./timeFields.ts"

/** Errors of any tool before its handler runs, or if Kraken refuses the call for lack of a permission. */
export type CheckError = Arguments.InvalidArguments | Refusal

/**
 * A tool that is offered to models.
 *
 * `run` is its typed program, for tests and resources. `call` is the same program with untrusted arguments and an MCP
 * result.
 */
export interface Tool<out Name extends string, in Input, out Output, out E, out R>
  extends ToolFacts, Pick<Offer, "mayRead" | "name"> {
  readonly name: Name
  readonly definition: Mcp.Tool
  /** The schemas of all that is understood and answered, of which the definition lists a part. */
  readonly schemas: { readonly input: JsonSchema.JsonSchema; readonly output: JsonSchema.JsonSchema }
  /** The URI of the page that shows its answers, in clients that show pages. */
  readonly page?: string | undefined
  readonly run: (input: Input) => Effect.Effect<Output, E | CheckError, R | CheckServices>
  readonly call: (args: unknown) => Effect.Effect<Mcp.CallToolResult, E | CheckError, R | CheckServices>
}

/** Services that every tool needs before its handler runs, or if Kraken refuses the call for lack of a permission. */
type CheckServices = Policy | PermissionCache | Principal | Record

/** The parts of a tool's specification that every kind of tool has. */
interface ToolSpec<Fields extends Schema.Struct.Fields> {
  readonly title: string
  /** First the result; then units and limits; for a write its effect on money. Models pay for each word. */
  readonly description: string
  readonly input: Fields
  /** Other names of inputs that are accepted, and the inputs that they stand for. The JSON Schema does not show them. */
  readonly aliases?: Arguments.Aliases
  /** True if an empty text and null are refused. Other tools leave them out, which here would widen what the call does. */
  readonly refusesEmpty?: boolean
  /** Returns true for inputs with which a tool that can write only reads. */
  readonly reads?: (input: InputOf<Fields>) => boolean
  /** Lists the faults that a schema can't express, each with the path of its field. */
  readonly rules?: (input: InputOf<Fields>) => ReadonlyArray<Fault>
}

type InputOf<Fields extends Schema.Struct.Fields> = Schema.Struct<Fields>["Type"]

/** Makes a tool with its own handler. Fields of the answer that `output` does not name are dropped. */
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
  spec: ToolSpec<Fields> & {
    /** Undefined if Kraken is not asked. */
    readonly endpoint?: Endpoint
    /** The permissions of all endpoints that it needs, if it asks several. Default: those of `endpoint`. */
    readonly permissions?: AnyOf
    /** The effect of a tool that does not ask Kraken. Default: it reads. */
    readonly intent?: Intent
    readonly output: Schema.Schema<A, I>
    readonly handler: (input: InputOf<Fields>) => Effect.Effect<B, E, R>
    readonly files?: (answer: NoInfer<B>) => ReadonlyArray<Steps.File>
    /** Makes the part of the answer that only pages see, not models. */
    readonly meta?: (answer: NoInfer<B>) => Steps.JsonObject
    readonly page?: string
  }
): Tool<Name, InputOf<Fields>, B, E, R | Schema.Struct.Context<Fields>> => {
  const input = Schema.Struct(spec.input)
  // Made when first needed: a session calls a few of many tools.
  const whole = once(() => JsonSchema.input(input))
  const decode = once(() => Arguments.decoder(name, input, whole(), spec))
  const encode = once(() => Schema.encode(spec.output))
  const definition = once((): Mcp.Tool => ({
    name,
    title: spec.title,
    description: spec.description,
    inputSchema: JsonSchema.listed(whole()),
    outputSchema: JsonSchema.output(spec.output),
    ...annotationsOf(intent, idempotent)
  }))
  const schemas = once(() => ({ input: whole(), output: JsonSchema.answer(spec.output) }))
  const { idempotent, intent, ...facing } =
    spec.endpoint === undefined ? { ...withoutEndpoint, intent: spec.intent ?? "read" } : endpoints[spec.endpoint]
  const permissions = spec.permissions ?? facing.permissions

  const facts: ToolFacts = { name, endpoint: spec.endpoint, intent, permissions }

  const run = (value: InputOf<Fields>) => {
    const reads = intent === "read" || spec.reads?.(value) === true
    const checked = Effect.zipRight(
      Steps.authorize({ ...facts, reads }),
      Effect.suspend(() => Steps.validate(name, [...periodFaults(value), ...(spec.rules?.(value) ?? [])]))
    )
    return Effect.flatMap(recordRefusal(reads ? undefined : spec.endpoint, value)(checked), () =>
      Effect.catchAll(spec.handler(value), (error) => Steps.explain(error, permissions))
    )
  }

  const render = (answer: B) =>
    Effect.map(Effect.orDie(encode()(answer)), (encoded) =>
      Steps.render(encoded, spec.files?.(answer) ?? [], spec.meta?.(answer))
    )

  return {
    ...facts,
    name,
    mayRead: intent === "read" || (intent === "write" && spec.reads !== undefined),
    get definition() {
      return definition()
    },
    get schemas() {
      return schemas()
    },
    page: spec.page,
    run,
    call: (args) =>
      decode()(args).pipe(
        // With wrong arguments, a tool that also reads is not known to be about to write.
        recordRefusal(spec.reads === undefined ? spec.endpoint : undefined, args),
        Effect.flatMap(run),
        Effect.flatMap(render)
      )
  }
}

/** Facts of a tool that does not ask Kraken. */
const withoutEndpoint = { permissions: [], idempotent: true } as const

/** Input and lookups with which an answer is shaped. */
export interface ShapeContext<Input> {
  readonly input: Input
  /** Returns the display name of one of Kraken's ids. An unknown id is returned unchanged. */
  readonly pair: (id: string) => string
  readonly asset: (id: string) => string
}

/** Errors of any tool that `endpoint` makes. */
export type EndpointError = SendError | Steps.NotOffered | KrakenUnreadable | ToolDefect | UnknownName

/**
 * Makes a tool for one Kraken endpoint: it resolves names, executes the call, shapes the answer and keeps the fields
 * that `output` names.
 *
 * `shape` gets Kraken's result as its endpoint types it. An exception in it is a defect. A write goes through
 * `KrakenWriter`; if its answer is an object, the fields of `Written` are added to it.
 */
export const endpoint = <
  const Name extends string,
  E extends Endpoint,
  Fields extends Schema.Struct.Fields,
  A,
  I extends Steps.JsonObject
>(
  name: Name,
  spec: ToolSpec<Fields> & {
    readonly endpoint: E
    readonly output: Schema.Schema<A, I>
    /**
     * Lists the faults that need Kraken's lists, time or market, such as a price between two ticks. Fails if a fact
     * cannot be read that it needs.
     */
    readonly check?: (
      input: InputOf<Fields>,
      known: Steps.Known
    ) => Effect.Effect<ReadonlyArray<Fault>, SendError, KrakenClient | Principal>
    /** Converts the input, whose names are already resolved, to Kraken's parameters. Default: unchanged. */
    readonly params?: (input: Params) => Params
    /** The form in which lists of plain values are sent. Default: comma-separated text. */
    readonly lists?: "text" | "json"
    /** True if a call with names of both asset classes makes two requests, whose results are merged by their keys. */
    readonly splits?: boolean
    /** Carries out some calls in another way than by one request to the endpoint. Undefined for the other calls. */
    readonly carryOut?: (
      input: InputOf<Fields>
    ) => Effect.Effect<Steps.Executed, SendError | UnknownName, KrakenWriter | ExtraReads | Record> | undefined
    /** The ids by which rows are read. `output` then has the fields of `LookedUp`. */
    readonly ids?: (input: InputOf<Fields>) => Ids | undefined
    /** Explains a refusal by Kraken with facts of the account, in sentences. */
    readonly hints?: (
      refusal: Refusals.Refusal,
      call: Refusals.Call<InputOf<Fields>>
    ) => Effect.Effect<Refusals.Hints, never, ExtraReads>
    /** Adds the state of what was written to the answer. It is not called for a call that only reads. */
    readonly follow?: (
      answer: NoInfer<A>,
      call: Refusals.Call<InputOf<Fields>>
    ) => Effect.Effect<NoInfer<A>, never, ExtraReads>
    /** Adds facts of other reads to the answer of a call that only reads. */
    readonly supplement?: (
      answer: NoInfer<A>,
      call: Refusals.Call<InputOf<Fields>>
    ) => Effect.Effect<NoInfer<A>, never, ExtraReads>
    /**
     * Returns true for calls that live data can answer: what the answer shows is then in live data. The answers of such a
     * tool tell their source and age. Undefined if live data never can.
     */
    readonly live?: (input: InputOf<Fields>) => boolean
    /** The tool to advise if Kraken does not offer the endpoint. */
    readonly instead?: string
    /** Converts Kraken's result to the encoded form of `output`. Default: unchanged. */
    readonly shape?: (result: Result<E>, context: ShapeContext<InputOf<Fields>>) => NoInfer<I>
  }
) => {
  const encode = once(() => Schema.encode(Schema.Struct(spec.input)))
  const decodeResult = once(() => Schema.decodeUnknown(endpoints[spec.endpoint].result))
  const decode = once(() => Schema.decodeUnknown(spec.output))
  const resolveNames = once(() => ResolveNames.makeResolveNames(name, spec.input, spec.splits === true))
  const { endpoint, instead, shape } = spec
  const execution = { endpoint, instead, canRepeat: "repeat" in spec.input }
  const handler = Effect.fnUntraced(function* (input: InputOf<Fields>) {
    const { inputs, unlisted } = yield* resolveNames()(yield* Effect.orDie(encode()(input)))
    if (spec.check !== undefined)
      yield* recordRefusal(
        endpoint,
        input
      )(Effect.flatMap(spec.check(input, yield* Steps.known), (faults) => Steps.validate(name, faults)))
    const reads = endpoints[spec.endpoint].intent === "read" || spec.reads?.(input) === true
    // `detail` only selects fields of the answer: Kraken does not know it.
    const requests = Arr.map(inputs, (named) => {
      const resolved = Struct.omit(named, "detail")
      const wanted = Arguments.withoutEmpty(spec.params?.(resolved) ?? resolved)
      return spec.lists === "json" ? wanted : Arguments.commaLists(wanted)
    })
    const call = { input, params: requests[0] }
    const step = { ...execution, reads, ids: spec.ids?.(input), live: spec.live?.(input) }
    const executed: Effect.Effect<
      Steps.Executed,
      SendError | Steps.NotOffered | UnknownName,
      KrakenWriter | ExtraReads | Record
    > =
      spec.carryOut?.(input) ??
      Steps.executeAll(requests, (params) =>
        Effect.mapError(Steps.execute(step, params), ResolveNames.explainUnlisted(unlisted))
      )
    const { hints } = spec
    const { extra, result } = yield* hints === undefined
      ? executed
      : Refusals.withHints(executed, (refusal) => hints(refusal, call))
    const shaped: Effect.Effect<unknown, ParseResult.ParseError, Names | Principal> =
      shape === undefined
        ? decodeResult()(result)
        : Effect.flatMap(decodeResult()(result), (known) =>
            Effect.map(ResolveNames.displayNames, (displayNames) => shape(known, { input, ...displayNames }))
          )
    const answer = yield* shaped.pipe(
      Effect.flatMap((answer) => decode()(Predicate.isRecord(answer) ? { ...answer, ...extra } : answer)),
      Effect.catchTag("ParseError", (error) =>
        unreadable(spec.endpoint, !reads, result, Issues.format(Issues.faults(error), "(answer)"))
      ),
      Effect.catchAllDefect((thrown): Effect.Effect<never, KrakenUnreadable | ToolDefect> => {
        const facts = reads ? nothing : { outcome: "done" as const, answer: beginning(result) }
        return Effect.flatMap(defect(Cause.die(thrown), { tool: name, ...facts }), Effect.fail)
      })
    )
    const add = reads ? spec.supplement : spec.follow
    if (add === undefined) return answer
    return yield* Effect.catchAllDefect(add(answer, call), (thrown) =>
      Effect.as(Effect.logError("Facts were not added to an answer", thrown), answer)
    )
  }, ResolveNames.refreshUnknownNames)
  return make(name, { ...spec, handler })
}

const nothing = { outcome: "nothing", answer: "" } as const

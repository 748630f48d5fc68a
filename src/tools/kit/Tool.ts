import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Cause, type DateTime, Effect, Encoding, type ParseResult, Schema } from "effect"
import {
  type Endpoint,
  endpoints,
  type Intent,
  isWrite,
  type Params,
  type Result
} from "../../domain/endpoints/endpoints.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import type { Directory } from "../../domain/assets/names.ts"
import type { AnyOf } from "../../domain/keys/permissions.ts"
import { CallFacts } from "../../services/CallFacts.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { type KrakenCredentialsMissing, KrakenPermissionError, KrakenUnreadable } from "../../services/KrakenErrors.ts"
import { KrakenWriter, type SendError } from "../../services/KrakenWriter.ts"
import { Names, type UnknownName } from "../../services/Names.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import * as Arguments from "./Arguments.ts"
import { leading } from "./Fields.ts"
import * as Issues from "./Issues.ts"
import * as JsonSchema from "./JsonSchema.ts"
import * as Spellings from "./Spellings.ts"

/** The server only reads, and this would write. */
export class ReadOnlyMode extends Schema.TaggedError<ReadOnlyMode>()("ReadOnlyMode", { tool: Schema.String }) {
  override get message() {
    return `${this.tool} would change the account, and this server only reads (MCP_KRAKEN_READ_ONLY).`
  }
}

/** Kraken does not know the endpoint, here or for this key; another tool tells much the same. */
export class NotOffered extends Schema.TaggedError<NotOffered>()("NotOffered", {
  endpoint: Schema.String,
  instead: Schema.String
}) {
  override get message() {
    return `Kraken does not offer ${this.endpoint} to this API key.`
  }
}

/** A fault of ours. The log has its cause. */
export class ToolDefect extends Schema.TaggedError<ToolDefect>()("ToolDefect", {
  tool: Schema.String,
  /** What became of the call: `nothing` was changed, it was `done`, or that is `unknown`. */
  outcome: Schema.Literal("nothing", "done", "unknown"),
  /** The beginning of Kraken's answer to a call that was done, with its ids; else empty. */
  answer: Schema.String
}) {
  override get message() {
    const done = this.outcome === "done" ? ` Kraken carried it out and answered: ${this.answer}` : ""
    return `mcp-kraken has a fault, which ended ${this.tool}.${done}`
  }
}

/** Logs a defect with its cause. All defects of tools end here. */
export const defect = (cause: Cause.Cause<unknown>, facts: ConstructorParameters<typeof ToolDefect>[0]) =>
  Effect.as(Effect.logError("A tool died", cause), new ToolDefect(facts))

/** What any tool may fail with before its handler runs, or when Kraken refuses what the key may not do. */
export type GateError = Arguments.InvalidArguments | ReadOnlyMode | KrakenPermissionError | KrakenCredentialsMissing

/**
 * One thing a model may ask Kraken to do.
 *
 * `run` is the typed program, for tests and for other tools. `call` is the same program behind the wire: untrusted
 * arguments in, MCP content out.
 */
export interface Tool<out Name extends string, in Input, out Output, out E, out R> {
  readonly name: Name
  /** The endpoint, where the tool is one; documentation is made from it. */
  readonly endpoint: Endpoint | undefined
  readonly intent: Intent
  /** Any of these sets of key permissions is enough. */
  readonly permissions: AnyOf
  /** A server that only reads offers it: it never writes, or with some arguments only and nothing that hurts. */
  readonly mayRead: boolean
  readonly definition: Mcp.Tool
  readonly run: (input: Input) => Effect.Effect<Output, E | GateError, R | PermissionCache>
  readonly call: (args: unknown) => Effect.Effect<Mcp.CallToolResult, E | GateError, R | PermissionCache>
}

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

type JsonObject = { readonly [key: string]: unknown }

/** A file that comes with an answer, as an embedded resource. */
export interface File {
  readonly uri: string
  readonly mimeType: string
  readonly bytes: Uint8Array
}

/** A tool with a handler of its own. Fields of the answer that `output` does not name stay here. */
export const make = <
  const Name extends string,
  Fields extends Schema.Struct.Fields,
  A,
  I extends JsonObject,
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
    readonly files?: (answer: NoInfer<B>) => ReadonlyArray<File>
  }
): Tool<Name, InputOf<Fields>, B, E, R | Schema.Struct.Context<Fields>> => {
  const input = Schema.Struct(spec.input)
  const inputSchema = JsonSchema.input(input)
  const decode = Arguments.decoder(name, input, inputSchema)
  const encode = Schema.encode(spec.output)
  const { idempotent, intent, permissions } = spec.endpoint === undefined ? nothingAsked : endpoints[spec.endpoint]

  // No spans on the way of a call: nothing collects them, and each costs more than the rest of its function.
  const gate = Effect.fnUntraced(function* (value: InputOf<Fields>) {
    const facts = yield* CallFacts
    const reads = intent === "read" || spec.reads?.(value) === true
    if (facts.readOnly && !reads) return yield* new ReadOnlyMode({ tool: name })
    const faults = spec.rules?.(value) ?? []
    if (faults.length > 0) return yield* Arguments.invalid(name, faults)
    const cache = yield* PermissionCache
    if (spec.endpoint !== undefined && permissions.length > 0) yield* cache.require(spec.endpoint, permissions)
  })

  const run = Effect.fnUntraced(function* (value: InputOf<Fields>) {
    yield* gate(value)
    return yield* Effect.catchAll(spec.handler(value), (error) =>
      Effect.flatMap(explained(error, permissions), Effect.fail)
    )
  })

  const render = (answer: B) =>
    Effect.map(Effect.map(Effect.orDie(encode(answer)), inOrder), (encoded): Mcp.CallToolResult => ({
      content: [{ type: "text", text: JSON.stringify(encoded) }, ...(spec.files?.(answer) ?? []).map(embedded)],
      structuredContent: encoded
    }))

  return {
    name,
    endpoint: spec.endpoint,
    intent,
    permissions,
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
    call: (args) => decode(args).pipe(Effect.flatMap(run), Effect.flatMap(render))
  }
}

/** A tool that answers by itself. */
const nothingAsked = { intent: "read", permissions: [], idempotent: true } as const

/** What Kraken refuses for lack of a permission is told in the same words as what is refused here. */
const explained = <E>(error: E, permissions: AnyOf): Effect.Effect<E | KrakenPermissionError, never, PermissionCache> =>
  error instanceof KrakenPermissionError && error.refusedBy === "Kraken"
    ? Effect.flatMap(PermissionCache, (cache) => cache.explain(error, permissions))
    : Effect.succeed(error)

/** What an answer may be shaped with. */
export interface Shaping<Input> {
  readonly input: Input
  /** Display names for Kraken's ids; themselves where they are not known. */
  readonly pair: (id: string) => string
  readonly asset: (id: string) => string
}

/** What Kraken's lists and its clock tell. */
export interface Known {
  readonly directory: Directory
  readonly now: DateTime.Utc
}

/** What any endpoint tool may fail with. */
export type EndpointError = SendError | NotOffered | KrakenUnreadable | ToolDefect | UnknownName

/**
 * A tool that is exactly one Kraken endpoint: look names up, call, shape the answer, keep what `output` promises.
 *
 * `shape` gets Kraken's result as its endpoint types it; whatever it throws is a defect. A write goes through
 * `KrakenWriter`; if its answer is an object, what `Fields.Written` names is added to it.
 */
export const endpoint = <
  const Name extends string,
  E extends Endpoint,
  Fields extends Schema.Struct.Fields,
  A,
  I extends JsonObject
>(
  name: Name,
  spec: About<Fields> & {
    readonly endpoint: E
    readonly output: Schema.Schema<A, I>
    /** The faults that only Kraken's lists can show, such as a price between two ticks. Nothing is sent then. */
    readonly check?: (input: InputOf<Fields>, known: Known) => ReadonlyArray<Fault>
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
  const spell = Spellings.resolver(spec.input)
  const { shape } = spec
  const handler = Effect.fnUntraced(function* (input: InputOf<Fields>) {
    const named = yield* spell(yield* Effect.orDie(encode(input)))
    if (spec.check !== undefined) {
      const faults = spec.check(input, yield* known)
      if (faults.length > 0) return yield* Arguments.invalid(name, faults)
    }
    const wanted = Arguments.withoutEmpty(spec.params?.(named) ?? named)
    const params = spec.lists === "json" ? wanted : Arguments.commaLists(wanted)
    const reads = endpoints[spec.endpoint].intent === "read" || spec.reads?.(input) === true
    const { extra, result } = yield* Effect.mapError(send(spec, params, reads), (error) =>
      spec.instead !== undefined && isUnknownMethod(error)
        ? new NotOffered({ endpoint: spec.endpoint, instead: spec.instead })
        : error
    )
    const shaped: Effect.Effect<unknown, ParseResult.ParseError, Names> =
      shape === undefined
        ? decodeResult(result)
        : Effect.zipWith(decodeResult(result), Spellings.displays, (known, displays) =>
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

/** Names first: that they had to be asked for has taught us Kraken's time. */
const known = Effect.gen(function* () {
  const names = yield* Names
  const kraken = yield* KrakenClient
  return { directory: yield* names.directory, now: yield* kraken.now }
})

const isUnknownMethod = (error: SendError) =>
  "codes" in error && error.codes.some((code) => /unknown method/i.test(code))

/** Reads ask; writes are sent once, by the writer. */
const send = Effect.fnUntraced(function* (
  { endpoint, input }: { readonly endpoint: Endpoint; readonly input: Schema.Struct.Fields },
  { repeat, ...params }: Params,
  reads: boolean
) {
  if (reads || !isWrite(endpoint)) {
    const kraken = yield* KrakenClient
    return { result: yield* kraken.read(endpoint, params), extra: {} }
  }
  const writer = yield* KrakenWriter
  const { duplicateOf, result, settled } = yield* writer.send(
    endpoint,
    repeat === true ? { ...params, repeat } : params
  )
  return {
    result,
    extra: { ...(duplicateOf && notAgain(duplicateOf, "repeat" in input)), ...(settled && { settled }) }
  }
})

/** What is said of a write that was not sent, since an identical one was just made. */
const notAgain = (duplicateOf: ReadonlyArray<string>, canRepeat: boolean) => {
  const note = "Not placed again: an equal call was just made, and the rest is its answer."
  return {
    placed: false,
    duplicate_of: duplicateOf,
    note: canRepeat ? `${note} If one more is meant, call again with repeat: true.` : note
  }
}

/** Puts the fields that lead an answer before all others. */
const inOrder = <A extends JsonObject>(answer: A): A => ({
  ...Object.fromEntries(leading.flatMap((name) => (name in answer ? [[name, answer[name]]] : []))),
  ...answer
})

/** The answer to a call that was carried out can't be read, for some `issue`. */
export const unreadable = (endpoint: Endpoint, carriedOut: boolean, answer: unknown, issue: string) =>
  new KrakenUnreadable({ endpoint, carriedOut, answer: beginning(answer), issue })

const nothing = { outcome: "nothing", answer: "" } as const

const beginning = (answer: unknown): string => (JSON.stringify(answer) ?? "nothing").slice(0, 500)

const embedded = ({ bytes, mimeType, uri }: File): Mcp.EmbeddedResource => ({
  type: "resource",
  resource: { uri, mimeType, blob: Encoding.encodeBase64(bytes) }
})

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

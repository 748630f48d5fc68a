import { Either, ParseResult, Schema } from "effect"
import { type Failure, idOf, invalidParams, prefix, type Request } from "./messages.ts"

const text = Schema.String
const anything = Schema.Record({ key: text, value: Schema.Unknown })
const optional = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })

/** The part of `_meta` that the protocol reads. */
const meta = optional(
  Schema.Struct({
    progressToken: optional(Schema.declare((token): token is unknown => idOf(token) !== undefined)),
    [`${prefix}related-task`]: optional(Schema.Struct({ taskId: text }))
  })
)
/** The params of a list. Our lists have one page, so every cursor but an empty one is refused. */
const page = {
  cursor: optional(text.pipe(Schema.filter((cursor) => cursor === "" || "no such page; the list has only one")))
}
const named = { name: text, arguments: optional(Schema.Record({ key: text, value: text })) }

/** The params of each method. They are checked here, so that an error is a sentence instead of a validator's dump. */
const shapes: Record<string, Schema.Struct.Fields> = {
  "tools/list": page,
  "tools/call": { name: text, arguments: optional(anything) },
  "resources/list": page,
  "resources/templates/list": page,
  "resources/read": { uri: text },
  "resources/subscribe": { uri: text },
  "resources/unsubscribe": { uri: text },
  "subscriptions/listen": { notifications: Schema.Struct({ resourceSubscriptions: optional(Schema.Array(text)) }) },
  "prompts/list": page,
  "prompts/get": named,
  "completion/complete": {
    ref: Schema.Union(
      Schema.Struct({ type: Schema.Literal("ref/prompt"), name: text }),
      Schema.Struct({ type: Schema.Literal("ref/resource"), uri: text })
    ),
    argument: Schema.Struct({ name: text, value: text }),
    context: optional(Schema.Struct({ arguments: optional(Schema.Record({ key: text, value: text })) }))
  }
}

/** The params of a request that was sent again with answers. */
const answers = {
  inputResponses: optional(Schema.Record({ key: text, value: anything })),
  requestState: optional(text)
}

const decoders = new Map<string, ReturnType<typeof makeDecoder>>()

/** Returns the decoder of a method. It is made at first use: a session uses a few of them. */
const decoderOf = (method: string) => {
  const known = Object.hasOwn(shapes, method) ? method : ""
  const decoder = decoders.get(known) ?? makeDecoder(shapes[known] ?? {})
  decoders.set(known, decoder)
  return decoder
}

/** Checks a request's params. Returns undefined if they are valid. */
export const paramsFailure = ({ method, params }: Request): Failure | undefined => {
  const parsed = decoderOf(method)(params ?? {})
  if (Either.isRight(parsed)) return undefined
  const faults = ParseResult.ArrayFormatter.formatErrorSync(parsed.left)
  const lines = faults.map(({ message, path }) => `${path.join(".")}: ${message.slice(0, 200)}`)
  return invalidParams(`Invalid params: ${lines.slice(0, 3).join("; ")}`)
}

const makeDecoder = (fields: Schema.Struct.Fields) => {
  const schema = Schema.Struct({ ...fields, ...answers, _meta: meta }) as Schema.Schema<unknown>
  return Schema.decodeUnknownEither(schema)
}

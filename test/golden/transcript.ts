import { Effect, Logger, LogLevel } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { Keys } from "../doubles/fake/Keys.ts"
import { makeVirtualClock } from "../doubles/fake/VirtualClock.ts"
import type { WireRequest } from "../doubles/fake/Wire.ts"
import { type FakeKraken, makeFakeKraken, type Outcome } from "../doubles/FakeKraken.ts"
import { answers } from "./answers.ts"
import { type Answer, callTool, type Changes, liveProduct } from "./product.ts"

/** One tool call by a new process that has already read the lists of pairs and the facts of its key. */
interface Scenario {
  readonly args?: object
  /** Prepares the account and the faults. Runs after Kraken has answered the first requests of every process. */
  readonly given?: (fake: FakeKraken) => void
  /** API key of the process. Default: `full`. */
  readonly key?: keyof Keys | "missing"
  readonly settings?: Changes
  /** The process has made no request before. */
  readonly cold?: true
}

/** Scenarios by their title. */
export type Scenarios = Readonly<Record<string, Scenario>>

/** Records a tool's requests to Kraken and its answers, scenario by scenario. */
export const transcriptOf = (tool: string, scenarios: Scenarios): Effect.Effect<string> =>
  Effect.forEach(Object.entries(scenarios), ([title, scenario]) =>
    Effect.map(play(tool, scenario), (text) => `## ${title}\n\n${text}\n`)
  ).pipe(Effect.map((parts) => [`# ${tool}\n`, ...parts].join("\n")))

/** Records the common headers and result metadata of all requests and answers, which the transcripts omit. */
export const usualThings = Effect.suspend(() => run("get_account_balance", { cold: true })).pipe(
  Effect.map(({ answer, exchanged }) => {
    const requests = exchanged.map(({ request: { headers, method, path } }) => {
      const { "api-key": key, "api-sign": _, "content-length": length, ...others } = headers
      const secret = key === undefined ? {} : { "api-key": "<the key>", "api-sign": "<its signature>" }
      const agent = others["user-agent"]?.replace(/(?<=\/).*/, "<version>")
      const shown = {
        ...others,
        "user-agent": agent,
        ...secret,
        ...(length !== undefined && { "content-length": "<length>" })
      }
      const lines = Object.entries(shown).map(([name, value]) => `  ${name}: ${value}\n`)
      return `${method} ${path}\n${lines.join("")}`
    })
    return [...requests, `_meta: ${JSON.stringify(answer.result?._meta, undefined, 2)}\n`].join("\n")
  })
)

/** A request with its answer. Undefined if none came as long as the product waited. */
interface Exchanged {
  readonly request: WireRequest
  /** Unix milliseconds on Kraken's clock. */
  readonly at: number
  outcome: Outcome | undefined
}

const play = (tool: string, scenario: Scenario) =>
  Effect.map(run(tool, scenario), ({ answer, exchanged, fake }) => {
    const args = JSON.stringify(scenario.args ?? {})
    const text = [`call ${args}`, showRequests(exchanged, fake), showAnswer(answer)].join("\n\n")
    return withPlaceholders(text, args, exchanged)
  })

const run = (tool: string, { args = {}, cold, given, key = "full", settings = {} }: Scenario) => {
  const fake = makeFakeKraken()
  for (const [endpoint, result] of Object.entries(answers)) fake.answer(endpoint, result)
  const exchanged: Array<Exchanged> = []
  const handle = Effect.fnUntraced(function* (request: WireRequest) {
    const one: Exchanged = { request, at: yield* fake.now, outcome: undefined }
    exchanged.push(one)
    return (one.outcome = yield* fake.handle(request))
  })
  const credentials = key === "missing" ? undefined : fake.keys[key]
  const call = Effect.gen(function* () {
    if (cold === undefined) {
      if (credentials !== undefined) yield* callTool("get_api_key_info", {})
      yield* callTool("get_ticker", { pair: ["BTC/USD"] })
      exchanged.length = 0
    }
    given?.(fake)
    return yield* callTool(tool, args)
  }).pipe(Effect.provide(liveProduct({ handle }, credentials, settings)), Logger.withMinimumLogLevel(LogLevel.None))
  return Effect.map(
    Effect.promise(() => makeVirtualClock().run(call)),
    (answer) => ({ answer, exchanged, fake })
  )
}

/** Prints requests in order. Repeats with the same outcome are counted at the end. */
const showRequests = (exchanged: ReadonlyArray<Exchanged>, fake: FakeKraken) => {
  const requests = new Set<string>()
  const repeats = new Map<string, number>()
  const shown = exchanged.flatMap((one) => {
    const request = showRequest(one.request, fake)
    const [line = ""] = request.split("\n")
    const outcome = `-> ${showOutcome(one, fake)}`
    const known = repeats.get(request + outcome)
    repeats.set(request + outcome, (known ?? -1) + 1)
    if (known !== undefined) return []
    const again = requests.has(request)
    requests.add(request)
    return [`${again ? `${line} (the same again)` : request}\n${outcome}`]
  })
  const again = [...repeats].flatMap(([text, count]) =>
    count === 0 ? [] : [`again, ${count === 1 ? "once" : `${count} times`}: ${text.split(/\n|->/)[0]}`]
  )
  return exchanged.length === 0
    ? "nothing is sent"
    : [...shown, ...(again.length > 0 ? [again.join("\n")] : [])].join("\n\n")
}

/** Headers that all requests share, pinned in `usual.txt`. */
const usual = new Set(["user-agent", "content-length", "api-key", "api-sign", "accept: application/json"])

const showRequest = ({ body, headers, method, path, query }: WireRequest, fake: FakeKraken) => {
  const shownHeaders = Object.entries(headers).flatMap(([name, value]) =>
    usual.has(name) || usual.has(`${name}: ${value}`) ? [] : [`  ${name}: ${value}`]
  )
  const text = Buffer.from(body)
    .toString("utf8")
    .replace(/(?<=\bnonce"?[=:]"?)\d+/, "<nonce>")
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true
  const fields = isForm ? text.split("&").map((field, i) => `  ${i === 0 ? "" : "&"}${field}`) : [`  ${text}`]
  const search = new URLSearchParams(query).toString()
  const signer = Object.values(fake.keys).find(({ key }) => key === headers["api-key"])?.name
  return [
    `${method} ${path}${search && "?"}${search}${signer === undefined || signer === "full" ? "" : ` (key ${signer})`}`,
    ...shownHeaders,
    ...(text === "" ? [] : fields)
  ].join("\n")
}

const showOutcome = ({ outcome, request }: Exchanged, fake: FakeKraken): string => {
  const done = fake.seen.some((seen) => seen.request === request && seen.outcome === "done")
  if (outcome === undefined || typeof outcome === "string") {
    const words = { drop: "the connection breaks", unreachable: "no connection" }
    return `${outcome === undefined ? "no answer" : words[outcome]}${done ? ", although it was done" : ""}`
  }
  const { body, headers, status } = outcome
  if (typeof body !== "string" || body.startsWith(`{"error":[],"result"`)) return done ? "done" : `${status} ${body}`
  const type = headers["content-type"] === undefined || body.startsWith("{") ? "" : ` ${headers["content-type"]}`
  return `${status}${type} ${body}`.trimEnd()
}

const showAnswer = ({ error, result }: Answer) => {
  if (result === undefined) return `error ${JSON.stringify(error, undefined, 2)}`
  const { _meta, content, isError, structuredContent } = result
  const [first] = content
  const isSame = structuredContent !== undefined && isDeepStrictEqual(parsed(first?.text ?? ""), structuredContent)
  const blocks = (isSame ? content.slice(1) : content).map(({ type, ...block }) =>
    type === "text" ? `text:\n${block.text}` : `${type}: ${JSON.stringify(block, undefined, 2)}`
  )
  return [
    ...(isError === true ? ["isError: true"] : []),
    ...blocks,
    ...(structuredContent === undefined
      ? []
      : [`${isSame ? "text and structuredContent" : "structuredContent"}:\n${pretty(structuredContent)}`]),
    ...showMeta(_meta)
  ].join("\n")
}

const budget = "mcp-kraken/rate-budget"
const mode = "mcp-kraken/trading-mode"

/** Prints the metadata of an answer that not all answers share. */
const showMeta = (meta: Readonly<Record<string, unknown>> | undefined): ReadonlyArray<string> => {
  const { [budget]: left, [mode]: trading, ...others } = meta ?? {}
  const unusual = { ...others, ...(!isDeepStrictEqual(trading, { mode: "live" }) && { [mode]: trading }) }
  return [
    ...(left === undefined ? [] : [`left of the rate budget: ${Object(left).rest.remaining}`]),
    ...(Object.keys(unusual).length === 0 ? [] : [`_meta: ${JSON.stringify(unusual)}`])
  ]
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Prints JSON with one entry a line. Short values stay on one line. */
const pretty = (value: unknown, indent = ""): string => {
  const short = JSON.stringify(value)
  if (typeof value !== "object" || value === null || short.length <= 80) return short
  const inner = `${indent}  `
  const entries = Array.isArray(value)
    ? value.map((item) => pretty(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${pretty(item, inner)}`)
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"]
  return `${open}\n${entries.map((entry) => inner + entry).join(",\n")}\n${indent}${close}`
}

/** Replaces ids and deadlines, which are new in every run, with placeholders. */
const withPlaceholders = (text: string, args: string, exchanged: ReadonlyArray<Exchanged>): string => {
  const made = new Map<string, string>()
  const note = (value: unknown, placeholder: string) => {
    const known = String(value)
    if (value !== undefined && !args.includes(known) && !made.has(known)) made.set(known, placeholder)
  }
  for (const { at, request } of exchanged) {
    const { orders, ...params } = fieldsOf(request)
    for (const { cl_ord_id, userref } of [params, ...(Array.isArray(orders) ? orders : [])].map(Object)) {
      note(cl_ord_id, `<made id ${made.size + 1}>`)
      note(userref, `<made userref ${made.size + 1}>`)
    }
    const { deadline } = params
    note(deadline, `<sent + ${(Date.parse(String(deadline)) - at) / 1000} s>`)
  }
  let shown = text.replace(/(?<=\b\d+:)[0-9a-f]{16}\b/g, "<hash>")
  for (const [value, placeholder] of made) {
    shown = shown.replaceAll(value, placeholder).replaceAll(encodeURIComponent(value), placeholder)
  }
  return shown
}

const fieldsOf = ({ body, headers }: WireRequest): { readonly [name: string]: unknown } => {
  const text = Buffer.from(body).toString("utf8")
  return headers["content-type"]?.startsWith("application/json") === true
    ? (JSON.parse(text) as object as { readonly [name: string]: unknown })
    : Object.fromEntries(new URLSearchParams(text))
}

import { Either } from "effect"
import { classify, classifyWrite, readErrors } from "../../../domain/wire/errors.ts"
import { parseJson } from "../../../domain/wire/json.ts"
import { NoAnswer, ApiRefusal, sendErrorOf } from "../answers/sendErrors.ts"

/** What came back over HTTP. */
export interface ApiResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

export interface Success {
  /** Null where the envelope has none. */
  readonly result: unknown
  readonly warnings: ReadonlyArray<string>
}

type Decoded<A> = Either.Either<A, NoAnswer | ApiRefusal>

/**
 * What an answer to a read tells. Kraken answers with HTTP 200 and an envelope whatever it has to say; other statuses and
 * pages come from the proxies before it.
 */
export const decodeResponse = (answer: ApiResponse, isPrivate: boolean): Decoded<Success> => {
  const { status } = answer
  if (status >= 300 && status < 400) return open(answer, "a redirect, which is not followed", false)
  const envelope = readEnvelope(answer)
  const { codes, warnings } = readErrors(envelope?.error)
  if (status >= 500) return open(answer, codes.join("; ") || kindOf(answer), true)
  if (codes.length > 0) return Either.left(sendErrorOf(codes, classify(codes, isPrivate)))
  if (status === 429) return tooMany(answer)
  if (envelope === undefined) return open(answer, kindOf(answer), status < 400)
  if (warnings.length > 0 && !("result" in envelope)) return open(answer, warnings.join("; "), false)
  return Either.right({ result: envelope.result ?? null, warnings })
}

/**
 * What an answer to a write tells. It was refused if Kraken says so with HTTP 200, in words that are known to come before
 * anything is done, and beside no result. It succeeded if there is no error; whether the result holds what the endpoint
 * promises is for the caller to check. Everything else leaves open what became of it, a rate limit of the proxies too.
 */
export const decodeWriteResponse = (answer: ApiResponse): Decoded<Success> => {
  const { status } = answer
  if (status >= 300 && status < 400) return open(answer, "a redirect, which is not followed", false)
  const envelope = readEnvelope(answer)
  if (envelope === undefined) return open(answer, kindOf(answer), false)
  const { codes, warnings } = readErrors(envelope.error)
  const isRefusal = status === 200 && isNothing(envelope.result)
  if (codes.length > 0 && isRefusal) return Either.left(sendErrorOf(codes, classifyWrite(codes)))
  if (codes.length > 0) return open(answer, `${codes.join("; ")}${status === 200 ? " beside a result" : ""}`, false)
  if (status !== 200 && status !== accepted) return open(answer, kindOf(answer), false)
  if (warnings.length > 0 && !("result" in envelope)) return open(answer, warnings.join("; "), false)
  return Either.right({ result: envelope.result ?? null, warnings })
}

/** Kraken documents it for `Earn/Allocate` and `Earn/Deallocate`. */
const accepted = 202

/** Results that Kraken puts beside an error. */
const isNothing = (result: unknown): boolean =>
  result === undefined ||
  result === null ||
  result === false ||
  (typeof result === "object" && Object.keys(result).length === 0)

/** What the answer of an endpoint that sends a file tells: a ZIP file as it is, or an envelope with errors. */
export const decodeFileResponse = (answer: ApiResponse, isPrivate: boolean): Decoded<Uint8Array> =>
  answer.status === 200 && startsWith(answer, "PK")
    ? Either.right(answer.body)
    : Either.flatMap(decodeResponse(answer, isPrivate), () => open(answer, "no file", false))

const open = ({ status }: ApiResponse, what: string, retry: boolean) =>
  Either.left(new NoAnswer({ reason: `HTTP ${status} with ${what}`, retry, sent: true }))

const tooMany = ({ headers, status }: ApiResponse) => {
  const seconds = Number(headers["retry-after"])
  return Either.left(
    new ApiRefusal({
      codes: [`HTTP ${status}`],
      meaning: { _tag: "RateLimit", limiter: "public" },
      ...(seconds > 0 && { retryAfter: Math.ceil(seconds) })
    })
  )
}

/** The envelope, if the body is one. Unknown fields are ignored. */
const readEnvelope = (answer: ApiResponse): { readonly error?: unknown; readonly result?: unknown } | undefined => {
  if (!startsWith(answer, "{")) return undefined
  try {
    const value = Object(parseJson(new TextDecoder().decode(answer.body)))
    return "error" in value || "result" in value ? value : undefined
  } catch {
    return undefined
  }
}

const kindOf = (answer: ApiResponse): string => {
  if (answer.body.length === 0) return "an empty answer"
  if (startsWith(answer, "<")) return "an HTML page"
  return startsWith(answer, "{") ? "a broken answer" : "an answer that is not JSON"
}

const startsWith = ({ body }: ApiResponse, text: string): boolean =>
  new TextDecoder().decode(body.subarray(0, 64)).trimStart().startsWith(text)

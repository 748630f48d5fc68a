import { Either } from "effect"
import { classify, classifyWrite, readErrors } from "../../../domain/wire/errors.ts"
import { quoteTexts } from "../../../domain/wire/escapeText.ts"
import { parseJson } from "../../../domain/wire/json.ts"
import { NoAnswer, ApiRefusal, sendErrorOf } from "../answers/sendErrors.ts"

/** A response over HTTP. */
export interface ApiResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

export interface Success {
  /** Null if the envelope has none. */
  readonly result: unknown
  readonly warnings: ReadonlyArray<string>
}

type Decoded<A> = Either.Either<A, NoAnswer | ApiRefusal>

/**
 * Decodes the response to a read. Kraken itself always answers with HTTP 200 and an envelope; other statuses and pages come
 * from the proxies in front of it.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
export const decodeResponse = (response: ApiResponse, isPrivate: boolean): Decoded<Success> => {
  const { status } = response
  if (status >= 300 && status < 400) return unusable(response, "a redirect, which is not followed", false)
  const envelope = readEnvelope(response)
  const { codes, warnings } = readErrors(envelope?.error)
  if (status >= 500) return unusable(response, codes.length > 0 ? quoteTexts(codes) : kindOf(response), true)
  if (codes.length > 0) return Either.left(sendErrorOf(codes, classify(codes, isPrivate)))
  if (status === 429) return rateLimited(response)
  if (envelope === undefined) return unusable(response, kindOf(response), status < 400)
  if (warnings.length > 0 && !("result" in envelope)) return unusable(response, quoteTexts(warnings), false)
  return Either.right({ result: envelope.result ?? null, warnings })
}

/**
 * Decodes the response to a write. The write was refused if Kraken says so with HTTP 200, with an error that is known to
 * come before execution, and beside no result. It succeeded if there is no error; the caller checks that the result holds
 * what the endpoint promises. With any other response, also a rate limit of the proxies, the outcome is unknown.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
export const decodeWriteResponse = (response: ApiResponse): Decoded<Success> => {
  const { status } = response
  if (status >= 300 && status < 400) return unusable(response, "a redirect, which is not followed", false)
  const envelope = readEnvelope(response)
  if (envelope === undefined) return unusable(response, kindOf(response), false)
  const { codes, warnings } = readErrors(envelope.error)
  const isRefusal = status === 200 && isNothing(envelope.result)
  if (codes.length > 0 && isRefusal) return Either.left(sendErrorOf(codes, classifyWrite(codes)))
  if (codes.length > 0)
    return unusable(response, `${quoteTexts(codes)}${status === 200 ? " beside a result" : ""}`, false)
  if (status !== 200 && status !== accepted) return unusable(response, kindOf(response), false)
  if (warnings.length > 0 && !("result" in envelope)) return unusable(response, quoteTexts(warnings), false)
  return Either.right({ result: envelope.result ?? null, warnings })
}

/**
 * The status of an accepted `Earn/Allocate` or `Earn/Deallocate`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/allocate-strategy read 2026-08-17
 */
const accepted = 202

/** Checks for a result that Kraken puts beside an error. */
const isNothing = (result: unknown): boolean =>
  result === undefined ||
  result === null ||
  result === false ||
  (typeof result === "object" && Object.keys(result).length === 0)

/** Decodes the response of an endpoint that sends a file: a ZIP file as it is, or an envelope with errors. */
export const decodeFileResponse = (response: ApiResponse, isPrivate: boolean): Decoded<Uint8Array> =>
  response.status === 200 && startsWith(response, "PK")
    ? Either.right(response.body)
    : Either.flatMap(decodeResponse(response, isPrivate), () => unusable(response, "no file", false))

const unusable = ({ status }: ApiResponse, what: string, retry: boolean) =>
  Either.left(new NoAnswer({ reason: `HTTP ${status} with ${what}`, retry, sent: true, status }))

const rateLimited = ({ headers, status }: ApiResponse) => {
  const seconds = Number(headers["retry-after"])
  return Either.left(
    new ApiRefusal({
      codes: [`HTTP ${status}`],
      meaning: { _tag: "RateLimit", limiter: "public" },
      ...(seconds > 0 && { retryAfter: Math.ceil(seconds) })
    })
  )
}

/** Returns the envelope if the body is one. Unknown fields are ignored. */
const readEnvelope = (response: ApiResponse): { readonly error?: unknown; readonly result?: unknown } | undefined => {
  if (!startsWith(response, "{")) return undefined
  try {
    const value = Object(parseJson(new TextDecoder().decode(response.body)))
    return "error" in value || "result" in value ? value : undefined
  } catch {
    return undefined
  }
}

const kindOf = (response: ApiResponse): string => {
  if (response.body.length === 0) return "an empty answer"
  if (startsWith(response, "<")) return "an HTML page"
  return startsWith(response, "{") ? "a broken answer" : "an answer that is not JSON"
}

const startsWith = ({ body }: ApiResponse, text: string): boolean =>
  new TextDecoder().decode(body.subarray(0, 64)).trimStart().startsWith(text)

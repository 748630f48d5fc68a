import { createHash, createHmac, timingSafeEqual } from "node:crypto"

/** A request as received. Header names are lower-case. */
export interface WireRequest {
  readonly method: string
  /** Path without the query, for example `/0/private/AddOrder`. */
  readonly path: string
  readonly query: Record<string, string>
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

export interface Reply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array
}

/** Parameters of a request: text, or values of the JSON body. Bracketed form fields are nested. */
export type Fields = { readonly [name: string]: unknown }

/** A refusal with Kraken's error codes, thrown by the handler of a request. */
export class Refusal extends Error {
  readonly codes: ReadonlyArray<string>
  constructor(...codes: ReadonlyArray<string>) {
    super(codes.join("; "))
    this.codes = codes
  }
}

export const ok = (result: unknown, warnings: ReadonlyArray<string> = []): Reply => json({ error: warnings, result })

/** Makes Kraken's answer to a refused request: HTTP 200, except for paths that do not exist. */
export const refused = (codes: ReadonlyArray<string>): Reply => ({
  ...json({ error: codes }),
  status: codes.includes("EGeneral:Unknown method") ? 404 : 200
})

const json = (value: unknown): Reply => ({
  status: 200,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify(value)
})

export const bytes = (body: Uint8Array): Reply => ({
  status: 200,
  headers: { "content-type": "application/octet-stream" },
  body
})

/** Reads the fields of the body, with the nonce as the text that was signed. */
export const readBody = (request: WireRequest): Fields => {
  const text = Buffer.from(request.body).toString("utf8")
  const type = request.headers["content-type"] ?? ""
  if (type.startsWith("application/json")) {
    const { close, ...fields } = readJson(text)
    // AddOrder documents its close in brackets. A nested one is not documented.
    return request.path.endsWith("/AddOrder") || close === undefined ? fields : { ...fields, close }
  }
  if (type.startsWith("application/x-www-form-urlencoded")) return readForm(text)
  throw new Refusal("EAPI:Bad request")
}

const readJson = (text: string): Fields => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Falls through to the refusal.
  }
  throw new Refusal("EAPI:Bad request")
}

const readForm = (text: string): Fields => {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const [first = name, ...path] = name.split(/\[|\]\[|\]/).filter((part) => part !== "")
    put(fields, first, path, value)
  }
  return fields
}

const put = (target: Record<string, unknown>, name: string, path: ReadonlyArray<string>, value: string): void => {
  const [next, ...rest] = path
  if (next === undefined) {
    target[name] = value
    return
  }
  const inner: Record<string, unknown> = { ...(typeof target[name] === "object" ? target[name] : {}) }
  put(inner, next, rest, value)
  target[name] = inner
}

/** Computes Kraken's signature, from Kraken's documentation and independently of our client. */
export const signature = (path: string, nonce: string, body: Uint8Array, secret: string): string => {
  const digest = createHash("sha256").update(Buffer.from(nonce)).update(body).digest()
  const mac = createHmac("sha512", Buffer.from(secret, "base64"))
  return mac.update(Buffer.concat([Buffer.from(path), digest])).digest("base64")
}

export const sameText = (a: string, b: string): boolean =>
  Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b))

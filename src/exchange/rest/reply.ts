import { stringify } from "lossless-json"

/** What goes back over the wire. */
export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

const json = (value: unknown, status = 200): Reply => ({
  status,
  contentType: "application/json; charset=utf-8",
  // Nanoseconds are integers that only a bigint can hold.
  body: stringify(value) ?? ""
})

/** Kraken's envelope; a file comes without one. */
export const ok = (result: unknown): Reply =>
  result instanceof Uint8Array
    ? { status: 200, contentType: "application/octet-stream", body: result }
    : json({ error: [], result })

/** Kraken says no with HTTP 200, unless there is nobody to say it. */
export const refused = (errors: ReadonlyArray<string>, status = 200): Reply => json({ error: errors }, status)

export const unknownMethod = refused(["EGeneral:Unknown method"], 404)

/** A page of the proxies in front of Kraken. */
export const html = (status: number, title: string): Reply => ({
  status,
  contentType: "text/html",
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`
})

import { stringify } from "lossless-json"

/** An HTTP response. */
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

/** Wraps a result in Kraken's envelope. A file is sent without one. */
export const ok = (result: unknown): Reply =>
  result instanceof Uint8Array
    ? { status: 200, contentType: "application/octet-stream", body: result }
    : json({ error: [], result })

/**
 * Returns errors in Kraken's envelope, with HTTP 200 by default as at Kraken.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
export const refused = (errors: ReadonlyArray<string>, status = 200): Reply => json({ error: errors }, status)

export const unknownMethod = refused(["EGeneral:Unknown method"], 404)

/** Returns an HTML error page, as sent by the proxies in front of Kraken. */
export const html = (status: number, title: string): Reply => ({
  status,
  contentType: "text/html",
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`
})

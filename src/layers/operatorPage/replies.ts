import type { OutgoingHttpHeaders } from "node:http"
import type { Reply } from "../http/reply.ts"

/**
 * Headers of every answer. Nothing runs a script, loads from another place, is framed or is kept. The referrer policy is
 * not `no-referrer`, under which browsers send forms with `Origin: null`; no other site gets a referrer either way.
 *
 * @see https://fetch.spec.whatwg.org/#append-a-request-origin-header read 2026-11-29
 */
const always: OutgoingHttpHeaders = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

const text = (status: number, type: string, body: string, headers: OutgoingHttpHeaders): Reply => ({
  status,
  headers: {
    ...always,
    ...headers,
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(body)
  },
  body
})

/** Answers with a page. */
export const page = (status: number, body: string, headers: OutgoingHttpHeaders = {}): Reply =>
  text(status, "text/html", body, headers)

/** Answers with the stylesheet. */
export const css = (body: string): Reply => text(200, "text/css", body, {})

/** Sends the browser to another page, which it loads with GET. */
export const seeOther = (location: string, headers: OutgoingHttpHeaders = {}): Reply => ({
  status: 303,
  headers: { ...always, ...headers, location, "content-length": 0 }
})

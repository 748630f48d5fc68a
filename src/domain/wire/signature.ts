import { Redacted } from "effect"
import { createHash, createHmac } from "node:crypto"

/**
 * Computes `API-Sign` of a private call: HMAC-SHA512, keyed with the decoded secret, over the path and the SHA-256 of
 * nonce and body. `path` begins with `/0/` and has no query. `body` is exactly the text (or its bytes) that is sent,
 * and contains the nonce too.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth read 2026-08-17
 */
export const sign = (path: string, nonce: string, body: string | Uint8Array, secret: Redacted.Redacted): string =>
  createHmac("sha512", Buffer.from(Redacted.value(secret), "base64"))
    .update(path)
    .update(createHash("sha256").update(nonce).update(body).digest())
    .digest("base64")

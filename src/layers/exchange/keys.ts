import { Redacted } from "effect"
import { createHash, randomBytes } from "node:crypto"
import type { Credentials } from "../../exchange/rest/keys.ts"

/**
 * Makes a key and a secret of Kraken's lengths for a key's name: random, or derived from a seed and then always the
 * same.
 */
export const makeCredentials =
  (seed: number | undefined) =>
  (name: string): Credentials => ({
    key: draw(seed, `key ${name}`, 42).toString("base64"),
    secret: Redacted.make(draw(seed, `secret ${name}`, 64).toString("base64"))
  })

const draw = (seed: number | undefined, what: string, size: number): Buffer =>
  seed === undefined
    ? randomBytes(size)
    : createHash("sha512").update(`mcp-kraken exchange ${seed} ${what}`).digest().subarray(0, size)

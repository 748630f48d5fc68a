import { Redacted } from "effect"
import { createHash, randomBytes } from "node:crypto"
import type { Credentials } from "../../exchange/rest/keys.ts"

/** Key and secret in Kraken's sizes, for a key's name: drawn at random, or from a seed the same each time. */
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

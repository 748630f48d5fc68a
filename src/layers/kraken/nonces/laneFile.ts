import { Redacted } from "effect"
import { createHash } from "node:crypto"
import { join } from "node:path"

/** The file of the nonces in a state folder. */
export const fileIn = (stateDir: string): string => join(stateDir, "nonces.db")

/** The name under which the nonces of an API key are kept. */
export const hashOf = (key: Redacted.Redacted): string => createHash("sha256").update(Redacted.value(key)).digest("hex")

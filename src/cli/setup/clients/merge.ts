import { Either } from "effect"
import type { Entry } from "./clients.ts"

/** A configuration that is left alone, with the end of the sentence "… is left alone, since it". */
export interface Unmergeable {
  readonly reason: string
}

/** The result of putting an entry into a configuration. */
export type Merged =
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Changed"; readonly text: string; readonly replaced: boolean }

/** A server's place in a configuration: the key of all servers, and the server's own. */
export interface At {
  readonly key: string
  readonly name: string
}

/** A format of configurations. */
export interface Format {
  /** Reads the entry of a server. Undefined if there is none. */
  readonly read: (text: string, at: At) => Either.Either<unknown, Unmergeable>
  /** Puts the entry of a server in. Everything else stays as it is, byte for byte. */
  readonly merge: (text: string, at: At, entry: Entry) => Either.Either<Merged, Unmergeable>
}

/** Fields that say how a server is reached. Others, such as a timeout, are the user's own and do not matter. */
const reaching = new Set(["type", "command", "args", "env", "url", "serverUrl", "httpUrl", "headers", "http_headers"])

/** Checks that an entry that is there reaches the same server in the same way. */
export const reachesTheSame = (found: unknown, wanted: Entry): boolean => {
  if (typeof found !== "object" || found === null || Array.isArray(found)) return false
  const names = new Set([...Object.keys(found).filter((name) => reaching.has(name)), ...Object.keys(wanted)])
  const text = (value: unknown) => JSON.stringify(value)
  return [...names].every((name) => {
    const value: unknown = Object(found)[name]
    // Claude Code writes an empty `env`.
    if (wanted[name] === undefined) return name === "env" && text(value) === "{}"
    return text(value) === text(wanted[name])
  })
}

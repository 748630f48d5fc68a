import { Predicate } from "effect"
import { DatabaseUnavailable } from "./databaseFile.ts"

/**
 * Makes the error of a database of PostgreSQL that can't be used. Its sentence names neither the address nor the user, since
 * a model can read it.
 */
export const postgresUnavailable = (cause: unknown): DatabaseUnavailable => {
  const { reason, remedy } = explain(cause)
  return new DatabaseUnavailable({
    reason: `The PostgreSQL database can't be used: ${reason}.`,
    ...(remedy !== undefined && { remedy }),
    cause
  })
}

/** Makes the error of a file of `sslrootcert` that can't be read. Its path is a part of the address, and not shown. */
export const noAuthority = (cause: unknown): DatabaseUnavailable =>
  new DatabaseUnavailable({
    reason: `The PostgreSQL database can't be used: the file of sslrootcert can't be read${shownCode(rootOf(cause))}.`,
    cause
  })

interface Explanation {
  readonly reason: string
  readonly remedy?: string
}

/** Explains a failure by its code. The texts of others could hold the address, the user or values of statements. */
const explain = (cause: unknown): Explanation => {
  const error = rootOf(cause)
  const { code, message } = error
  const ofCode = shownCode(error)
  if (/SSL connections|SSL is not enabled/i.test(message))
    return { reason: "it offers no TLS, and its address does not say that there is none", remedy: noTls }
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|ERR_(?:TLS|SSL)/.test(code ?? ""))
    return { reason: `its certificate is not accepted${ofCode}`, remedy: certificates }
  if (code?.startsWith("28") === true || /password must be a string/i.test(message))
    return { reason: `it refuses the user or the password${ofCode}` }
  if (code === "3D000") return { reason: `there is no such database${ofCode}` }
  if (code === "55P03") return { reason: `another server holds it for too long${ofCode}` }
  if (code === "42501") return { reason: `the user may not create or change tables in it${ofCode}` }
  if (code === "53300") return { reason: `it takes no more connections${ofCode}` }
  if (code === "57014" || /timeout|timed out/i.test(message)) return { reason: "it does not answer in time" }
  if (code === undefined ? /terminated|closed|ended|not queryable/i.test(message) : isAway.test(code))
    return { reason: `it can't be reached${ofCode}` }
  return { reason: code === undefined ? "it fails" : `it refuses a statement${ofCode}` }
}

/** Codes of the network, and of a server that starts, stops or ends a connection. */
const isAway = /^(?:E[A-Z_]+|08\w{3}|57P0\d|25P03)$/

interface Root {
  readonly code: string | undefined
  readonly message: string
}

const shownCode = ({ code }: Root): string => (code === undefined ? "" : ` (${code})`)

/** The error of the driver inside that of a library, or the first one of several attempts to connect. */
const rootOf = (error: unknown): Root => {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0])
  if (Predicate.hasProperty(error, "cause") && error.cause instanceof Error) return rootOf(error.cause)
  return {
    code: Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : undefined,
    message: error instanceof Error ? error.message : ""
  }
}

const noTls =
  "If nobody else can read on the network between, add sslmode=disable to its address. See docs/several-servers.md"

const certificates =
  "If another authority signed it, name the file of that one with sslrootcert in its address. See docs/several-servers.md"

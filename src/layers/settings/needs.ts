import { type Field, settings } from "./table.ts"

/** The settings that a command uses, and where it looks for them. */
export interface Needs {
  /** Only these are decoded: another one that is set wrongly is nothing to this command. */
  readonly fields: ReadonlySet<Field>
  /** Refuses every unknown name, and not only those that are close to a setting in use. */
  readonly refuseUnknown: boolean
  /** Reads `.env` of the working directory if no other file is named. */
  readonly dotenv: boolean
}

const all = new Set(Object.keys(settings) as ReadonlyArray<Field>)

const without = (...fields: ReadonlyArray<Field>): ReadonlySet<Field> =>
  new Set([...all].filter((field) => !fields.includes(field)))

const command = (...fields: ReadonlyArray<Field>): Needs => ({
  fields: new Set(fields),
  refuseUnknown: false,
  dotenv: true
})

export const overHttp: Needs = { fields: all, refuseUnknown: true, dotenv: true }

/** Clients start servers over stdio in any folder: its `.env` may be a stranger's. */
export const overStdio: Needs = {
  fields: without(
    "host",
    "port",
    "path",
    "tokenDb",
    "sslKeyFile",
    "sslCertFile",
    "authDisabled",
    "allowedOrigins",
    "allowedHosts",
    "queryToken"
  ),
  refuseUnknown: true,
  dotenv: false
}

export const health = command("host", "port", "sslKeyFile", "sslCertFile")

export const tokenCreate = command("tokenDb", "mode")
export const tokens = command("tokenDb")

export const paper = command("stateDir")
export const paperReset = command("stateDir", "paperBalances")
/** For what Kraken lists of an asset. */
export const paperLearn = command("stateDir", "baseUrl", "httpTimeout", "tier")

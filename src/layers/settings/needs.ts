import { type Field, settings } from "./settingDefinitions.ts"

/** The settings that a command uses, and the sources from which it reads them. */
export interface Needs {
  /** Fields that are decoded. Other settings can be invalid without effect on this command. */
  readonly fields: ReadonlySet<Field>
  /** Refuses every unknown name, not only those similar to a setting in use. */
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

/** Settings of the server over stdio. Clients start it in any folder, whose `.env` might be a stranger's. */
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

/** The settings of the state that servers share. */
const state = ["stateDir", "databaseUrl", "databaseUrlFile"] as const

export const health = command("host", "port", "sslKeyFile", "sslCertFile")

/** Settings of the commands that make or change tokens. */
export const tokenCreate = command("tokenDb", ...state, "mode", "accounts")
export const tokenChange = command("tokenDb", ...state)
/** Settings of the commands on tokens that are used in an emergency. */
export const tokens = command("tokenDb", "databaseUrl", "databaseUrlFile")
export const tokenLimits = command("tokenDb", ...state)
/** Settings for reading Kraken's lists of names. */
export const names = command("baseUrl", "httpTimeout", "stateDir", "tier")

/** Settings of the commands on the record and on the state folder. */
export const record = command(...state)

/** Settings that say where the state of several servers is. */
export const database = command("databaseUrl", "databaseUrlFile")

/** Settings of an emergency: the accounts, and nothing that can be wrong beside them. */
export const panic = command(...state, "key", "keyFile", "secret", "secretFile", "otp", "baseUrl", "mode", "accounts")
/** The same without the mode, which counts as live. */
export const panicLive = command(...state, "key", "keyFile", "secret", "secretFile", "otp", "baseUrl", "accounts")
/** The address to which an emergency sends keys. */
export const panicAddress = command(...state, "baseUrl")
export const mode = command("mode")

export const paper = command("stateDir")
export const paperReset = command("stateDir", "paperBalances")
/** Settings for reading Kraken's list of assets. */
export const paperLearn = command("stateDir", "baseUrl", "httpTimeout", "tier")

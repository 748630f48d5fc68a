import { Effect, Option } from "effect"
import { accessSync, constants } from "node:fs"
import { resolve } from "node:path"
import process from "node:process"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { urlHost } from "../../layers/network/urlHost.ts"
import { version } from "../../version.ts"
import { type Installation, makeInstallation } from "../doctor/kit/installation.ts"
import { thisSystem } from "../doctor/kit/system.ts"
import { printJson } from "../kit/printJson.ts"
import { writeOut } from "../kit/writeOut.ts"
import { blocking, changed, type ItemEffect, type Item, kept } from "./item.ts"
import { settingItems } from "./settings.ts"
import { tokenItems } from "./tokens.ts"

interface Options {
  readonly envFile: Option.Option<string>
  readonly json: boolean
}

/** Says what this server would make of the Python server's settings and tokens. Changes nothing. */
export const check = Effect.fn("migrate.check")(function* ({ envFile, json }: Options) {
  const installation = makeInstallation({ envFile, stdio: false, paper: false }, thisSystem)
  const items = yield* itemsOf(installation)
  const starts = items.every(({ effect }) => effect !== "blocking")
  const file = installation.dotenv.source.size === 0 ? undefined : installation.dotenv.name
  yield* Effect.sync(() => {
    process.exitCode = starts ? 0 : 1
  })
  const env_file = file === undefined ? null : resolve(file)
  yield* writeOut(`${json ? printJson({ version, starts, env_file, items }, 2) : toText(items, starts, file)}\n`)
})

const itemsOf = Effect.fnUntraced(function* (installation: Installation) {
  const { config, dotenv, served, unread, variables } = installation
  const tokenDb = Option.getOrUndefined(config("tokenDb"))?.tokenDb
  const tokens = tokenDb === undefined ? [] : yield* tokenItems(tokenDb)
  const settings = settingItems({
    variables,
    file: dotenv.source,
    problems: served.problems.filter((problem) => problem !== `${unread} is not read.`),
    notices: served.problems.length > 0 ? [] : served.config.notices
  })
  return [...settings, ...tlsItems(installation), ...tokens, ...addressItems(installation), ...always]
})

/** Checks that the TLS files can be read. */
const tlsItems = ({ config }: Installation): ReadonlyArray<Item> => {
  const tls = Option.flatMap(config("sslKeyFile", "sslCertFile"), ({ tls }) => tls)
  const files = Option.match(tls, { onNone: () => [], onSome: ({ certFile, keyFile }) => [keyFile, certFile] })
  return files.flatMap((file) => (isReadable(file) ? [] : [blocking("TLS", `${resolve(file)} can't be read.`)]))
}

const isReadable = (file: string): boolean => {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

const addressItems = ({ config }: Installation): ReadonlyArray<Item> =>
  Option.match(config("host", "port", "path", "sslKeyFile", "sslCertFile"), {
    onNone: () => [],
    onSome: ({ host, path, port, tls }) => {
      const url = `${Option.isSome(tls) ? "https" : "http"}://${urlHost(host)}:${port}${path}`
      return [
        kept(
          "address",
          `Clients reach this server at ${url}, with the same tokens. Stop the Python server before, since it has that port.`
        )
      ]
    }
  })

/** Differences that no setting undoes. */
const always: ReadonlyArray<Item> = [
  changed(
    "nonces",
    "Nonces are kept in a state folder. Two programs must not use one API key: stop the Python server, or give it another key."
  ),
  changed(
    "tools",
    "Tools keep their names and arguments. Unknown arguments are errors, and answers are shaped in place of Kraken's own."
  ),
  changed("exit codes", "Wrong arguments of the command line, and wrong settings, end with exit code 2.")
]

const headings: ReadonlyArray<readonly [ItemEffect, string]> = [
  ["blocking", "Change this first"],
  ["kept", "Carries over"],
  ["changed", "Works differently"],
  ["ignored", "Has no effect here"]
]

const toText = (items: ReadonlyArray<Item>, starts: boolean, file: string | undefined): string =>
  [
    `Moving from the Python server, with the settings of the environment${file === undefined ? "; there is no settings file here" : ` and ${file}`}`,
    ...headings.flatMap(([effect, heading]) => {
      const lines = items.filter((item) => item.effect === effect).map(({ text }) => `  ${text}`)
      return lines.length === 0 ? [] : ["", heading, ...lines]
    }),
    "",
    starts ? "This server starts with these settings." : "Something has to be changed before this server takes over."
  ]
    .map(escapeText)
    .join("\n")

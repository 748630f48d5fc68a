import { DateTime, Effect, Either, Option, Redacted } from "effect"
import { TokenStore, type Token } from "../../services/TokenStore.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { makeToken } from "../token/create.ts"
import { Tokens } from "../token/stored.ts"
import { checkConnection } from "./check/checkConnection.ts"
import type { Connected } from "./check/session.ts"
import { type Client, fileOf } from "./clients/clients.ts"
import { type Format, reachesTheSame } from "./clients/merge.ts"
import { json } from "./clients/mergeJson.ts"
import { toml } from "./clients/mergeToml.ts"
import { type ConfigFile, keepCopy, readConfig, writeConfig } from "./configFile.ts"
import { type Connection, serverName, type Start } from "./kit/connection.ts"
import type { Place } from "./kit/place.ts"
import { SetupRefusal } from "./kit/refusal.ts"
import { shellText } from "./kit/shellText.ts"
import { findProgram, runOwn } from "./ownCommand.ts"
import type { Way } from "./plan.ts"

/** The result for one client. */
export interface Done {
  readonly client: Client
  /** Sentences about what was done. */
  readonly lines: ReadonlyArray<string>
  readonly isChanged: boolean
  readonly connected: Connected
}

const formats: Record<Client["format"], Format> = { json, toml }

const atOf = ({ key }: Client) => ({ key, name: serverName })

const leftAlone = (path: string) => (given: { readonly reason: string }) =>
  new SetupRefusal({ message: `${path} is left alone, since it ${given.reason}.` })

/** Reads the file of a client, and its entry for this server. */
const readClient = Effect.fnUntraced(function* (client: Client, path: string) {
  const file = yield* readConfig(path)
  const found = yield* Either.mapLeft(formats[client.format].read(file.text, atOf(client)), leftAlone(path))
  return { file, found }
})

/** Connects a client to a server that it starts. The connection was checked before. */
export const connectToStart = Effect.fn("setup.connectToStart")(function* (
  client: Client,
  start: Start,
  connected: Connected,
  place: Place,
  exists: (path: string) => boolean
) {
  const path = fileOf(client, place, exists)
  const { file, found } = yield* readClient(client, path)
  const program = client.own === undefined ? undefined : findProgram(client.own.program, place)
  if (reachesTheSame(found, client.entry(start))) return unchanged(client, path, connected)
  if (client.own === undefined || program === undefined)
    return yield* put(client, file, start, connected, place, client.own?.program)
  const { add, remove } = client.own
  const copy = yield* keepCopy(file)
  const kept = copy === undefined ? [] : [keptAs(copy)]
  const runs = [...(found === undefined ? [] : [remove]), add(start)]
  yield* Effect.forEach(runs, (words) => runOwn(program, words, place)).pipe(
    Effect.mapError(({ message }) => new SetupRefusal({ message: [message, ...kept].join(" ") }))
  )
  const { found: now } = yield* readClient(client, path)
  if (!reachesTheSame(now, client.entry(start)))
    return yield* new SetupRefusal({ message: `${program} ended without an error, but ${path} has no such server.` })
  const done = `Added by its own command: ${shellText([client.own.program, ...add(start)], place.platform)}`
  return { client, lines: [done, ...kept], isChanged: true, connected } satisfies Done
})

const keptAs = (copy: string): string => `The old file is kept as ${copy}.`

const unchanged = (client: Client, path: string, connected: Connected): Done => ({
  client,
  lines: [`${path} has it already. Nothing was changed.`],
  isChanged: false,
  connected
})

/** Merges the entry into the file of the client. `lacking` is its own command, if that was not found. */
const put = Effect.fnUntraced(function* (
  client: Client,
  file: ConfigFile,
  connection: Connection,
  connected: Connected,
  place: Place,
  lacking?: string
) {
  const entry = client.entry(connection)
  const merged = yield* Either.mapLeft(
    formats[client.format].merge(file.text, atOf(client), entry),
    leftAlone(file.path)
  )
  if (merged._tag === "Unchanged") return unchanged(client, file.path, connected)
  const copy = yield* writeConfig(file, merged.text)
  const lines = [
    `${merged.replaced ? "Replaced its server" : "Added the server"} ${serverName} in ${file.path}.`,
    ...(lacking === undefined ? [] : [`The command ${lacking} was not found.`]),
    ...(copy === undefined ? [] : [keptAs(copy)]),
    ...(connection._tag === "Http" && isOpen(file, place)
      ? [`Other users of this machine can read the token in it: chmod 600 ${file.path}`]
      : [])
  ]
  return { client, lines, isChanged: true, connected } satisfies Done
})

/** Checks that others can read a file. Windows keeps access in lists that the mode does not show. */
const isOpen = ({ mode }: ConfigFile, { platform }: Place): boolean => platform !== "win32" && (mode & 0o044) !== 0

type Calling = Extract<Way, { readonly _tag: "Http" }>

/**
 * Connects a client to a server that runs. A token that its file has already is kept if the server takes it. Otherwise one is
 * made, with limits, and revoked if the server does not take it.
 */
export const connectToAddress = Effect.fn("setup.connectToAddress")(function* (
  client: Client,
  way: Calling,
  place: Place,
  exists: (path: string) => boolean
) {
  const { envFile, url } = way
  const path = fileOf(client, place, exists)
  const { file, found } = yield* readClient(client, path)
  const kept = yield* checkKept(client, found, url, place)
  if (Option.isSome(kept)) return unchanged(client, path, kept.value)
  const { made } = yield* makeToken({
    name: client.id,
    account: Option.none(),
    paperOnly: way.paperOnly,
    expiresIn: Option.some(way.lifetime),
    terms: way.terms,
    envFile,
    passphraseFd: way.passphraseFd
  })
  const connection: Connection = { _tag: "Http", url, token: Redacted.value(made.secret) }
  const done = yield* Effect.flatMap(checkConnection(connection, place), (connected) =>
    put(client, file, connection, connected, place)
  ).pipe(
    Effect.tapErrorCause(() => Effect.ignore(revoke(made.token, envFile))),
    Effect.catchIf(
      (error) => error.isOfToken === true,
      ({ message }) => new SetupRefusal({ message: `${message} ${whyRefused(way)}` })
    )
  )
  return { ...done, lines: [tokenLine(made.token), ...done.lines] } satisfies Done
})

/** Connects with the token of an entry that is there. None if there is none, or if the server does not take it. */
const checkKept = Effect.fnUntraced(function* (client: Client, found: unknown, url: string, place: Place) {
  const token = /mck_[\w-]{43}/.exec(JSON.stringify(found ?? null))?.[0]
  if (token === undefined || !reachesTheSame(found, client.entry({ _tag: "Http", url, token }))) return Option.none()
  return yield* checkConnection({ _tag: "Http", url, token }, place).pipe(
    Effect.asSome,
    Effect.catchIf(
      (error) => error.isOfToken === true,
      () => Effect.succeedNone
    )
  )
})

const revoke = ({ id }: Token, envFile: Option.Option<string>) =>
  Effect.flatMap(TokenStore, ({ revoke }) => revoke(id)).pipe(
    Effect.provide(Tokens),
    Effect.scoped,
    Effect.provide(ConfigEnv(Needs.tokens, envFile))
  )

const whyRefused = ({ envFile, paperOnly }: Calling): string =>
  [
    ...(Option.isSome(envFile) ? [] : ["If it has settings of its own, name their file with --env-file."]),
    ...(paperOnly ? ["If it serves the real account, add --live."] : [])
  ].join(" ")

const tokenLine = ({ expiresAt, id, name, paperOnly }: Token): string => {
  const until = Option.match(expiresAt, {
    onNone: () => "",
    onSome: (at) => `, until ${DateTime.formatIsoDateUtc(at)}`
  })
  return `Made the token ${id} (${name}) ${paperOnly ? "for simulated accounts" : "for the real account"}${until}.`
}

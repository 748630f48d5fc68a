import { Console, Effect, Either, Option } from "effect"
import { existsSync } from "node:fs"
import process from "node:process"
import { escapeLines } from "../../domain/wire/escapeText.ts"
import { self } from "../../layers/process/self.ts"
import { QuestionsTerminal } from "../../layers/terminal/QuestionsTerminal.ts"
import { UsageError } from "../kit/errors.ts"
import { writeOut } from "../kit/writeOut.ts"
import { connectToAddress, connectToStart, type Done } from "./apply.ts"
import { checkConnection } from "./check/checkConnection.ts"
import type { Connected } from "./check/session.ts"
import { type Client, clients as known, fileOf, tracesOf } from "./clients/clients.ts"
import { keyFileExists, makeKeyFile, usualKeyFile } from "./keyFile.ts"
import { type Connection, noToken } from "./kit/connection.ts"
import type { Place } from "./kit/place.ts"
import { SetupRefusal } from "./kit/refusal.ts"
import { isCached, startWith, thisPlace } from "./kit/thisPlace.ts"
import type { Plan, Way } from "./plan.ts"
import { absolute, calling, clientsNamed, isBare, onPaper, type Options, wayOf, withFile } from "./planOf.ts"
import { describeClient } from "./show.ts"
import { askAnswers } from "./wizard.ts"

/** Connects clients of this machine to a server, or prints how. */
export const run = Effect.fn("setup")(function* (options: Options) {
  const named = yield* clientsNamed(options.client)
  const place = yield* thisPlace
  const found = known.filter((client) => tracesOf(client, place).some(existsSync))
  if (isBare(options))
    return yield* process.stdin.isTTY && process.stderr.isTTY
      ? Effect.provide(interview(found, place), QuestionsTerminal)
      : cannotAsk(found, place)
  const keyFile = Option.getOrElse(options.envFile, () => usualKeyFile(place))
  const way = yield* wayOf(options, keyFile)
  const plan: Plan = { clients: named.length > 0 ? named : found, way }
  if (plan.clients.length === 0)
    return yield* new SetupRefusal({ message: `No client was found. --client names one: ${idsOf(known)}.` })
  if (!options.write) return yield* print(plan, place)
  if (options.live && way._tag === "Stdio") yield* requireKey(absolute(keyFile))
  yield* write(plan, place)
})

const idsOf = (clients: ReadonlyArray<Client>): string => clients.map(({ id }) => id).join(", ")

/** Makes the file for the API key if it is missing, and fails, since a person has to fill it in. */
const requireKey = Effect.fnUntraced(function* (file: string) {
  if (keyFileExists(file)) return
  yield* makeKeyFile(file)
  return yield* new SetupRefusal({
    message: `Made ${file}, which only you can read. Put the API key in it, and run this again. No client was changed.`
  })
})

/** Asks a person what to do, and does it. */
const interview = Effect.fn("setup.interview")(function* (found: ReadonlyArray<Client>, place: Place) {
  const offered = [...found, ...known.filter((client) => !found.includes(client))]
  const choices = offered.map((client) => ({
    value: client,
    name: found.includes(client) ? client.title : `${client.title} (not found here)`,
    description: fileOf(client, place, existsSync)
  }))
  const { clients, server } = yield* askAnswers(
    found.length === 0 ? choices : choices.slice(0, found.length),
    usualKeyFile(place),
    (file) => keyFileExists(absolute(file)),
    place.environment
  )
  if (server._tag === "Live" && server.pasted !== undefined) yield* makeKeyFile(absolute(server.file), server.pasted)
  const way: Way =
    server._tag === "Paper"
      ? onPaper()
      : server._tag === "Live"
        ? withFile(server.file)
        : calling(server.url, !server.isLive)
  yield* write({ clients, way }, place)
})

/** Prints the clients that were found and the commands to go on with. Exit code 2, since nobody can be asked. */
const cannotAsk = Effect.fnUntraced(function* (found: ReadonlyArray<Client>, place: Place) {
  const [first] = found
  const example = `${self()} setup --client ${first?.id ?? "NAME"}`
  const width = Math.max(0, ...found.map(({ id }) => id.length))
  const rows = found.map(
    (client) => `  ${client.id.padEnd(width)}  ${client.title}, ${fileOf(client, place, existsSync)}`
  )
  yield* writeOut(
    `${[
      found.length === 0
        ? `No client was found. Supported clients: ${idsOf(known)}.`
        : `Clients on this machine:\n${rows.join("\n")}`,
      "",
      `${example} prints its configuration for a simulated account; --write writes it.`,
      "--live is for your Kraken account, --http URL for a running server."
    ]
      .map(escapeLines)
      .join("\n")}\n`
  )
  return yield* new UsageError({
    message: "setup asks questions on a terminal, but standard input is not a terminal. Use options instead."
  })
})

/** Prints the configuration of each client. Changes nothing. */
const print = Effect.fnUntraced(function* ({ clients, way }: Plan, place: Place) {
  const connection: Connection =
    way._tag === "Stdio" ? startWith(way.flags) : { _tag: "Http", url: way.url, token: noToken }
  const texts = clients.map((client) => describeClient(client, fileOf(client, place, existsSync), connection, place))
  const next =
    way._tag === "Stdio"
      ? "Nothing was written. Add --write to write it."
      : "Nothing was written. Add --write to write it, with a new token for each client."
  yield* writeOut(`${[...texts, next].map(escapeLines).join("\n\n")}\n`)
})

/** Checks the connection, and writes it into the configuration of each client. Fails if one could not be connected. */
const write = Effect.fnUntraced(function* (plan: Plan, place: Place) {
  const { clients, way } = plan
  const connectOne = way._tag === "Stdio" ? yield* starting(way.flags, place) : callingWith(way, place)
  const results = yield* Effect.forEach(clients, (client) =>
    Effect.either(Effect.tap(connectOne(client), (done) => Console.log(describe(done)))).pipe(
      Effect.map(Either.mapLeft(({ message }) => `${client.title}: ${message}`))
    )
  )
  const failures = results.flatMap((result) => (Either.isLeft(result) ? [result.left] : []))
  const changed = results.flatMap((result) => (Either.isRight(result) && result.right.isChanged ? [result.right] : []))
  if (changed.length > 0)
    yield* Console.log(
      `\nStart ${changed.map(({ client }) => client.title).join(", ")} again, and ask: "What does my Kraken account hold?"`
    )
  if (failures.length > 0) return yield* new SetupRefusal({ message: failures.join("\n") })
})

/** Checks the command once for all clients, before any of them gets it. */
const starting = Effect.fnUntraced(function* (flags: ReadonlyArray<string>, place: Place) {
  if (isCached())
    return yield* new SetupRefusal({
      message:
        "This program runs from the cache of npx, which npm can empty. Install it (npm install --global mcp-kraken), and run mcp-kraken setup."
    })
  const start = startWith(flags)
  const connected = yield* Effect.mapError(
    checkConnection(start, place),
    ({ message }) => new SetupRefusal({ message: [message, ...inFile(flags), "No client was changed."].join(" ") })
  )
  return (client: Client) => connectToStart(client, start, connected, place, existsSync)
})

/** Names the file of settings that a server is started with, in which a person can correct them. */
const inFile = (flags: ReadonlyArray<string>): ReadonlyArray<string> =>
  flags.includes("--env-file") ? [`Its settings are in ${flags.at(flags.indexOf("--env-file") + 1)}.`] : []

const callingWith = (way: Extract<Way, { readonly _tag: "Http" }>, place: Place) => (client: Client) =>
  connectToAddress(client, way, place, existsSync)

const describe = ({ client, connected, lines }: Done): string =>
  [client.title, ...[...lines, ...describeConnected(connected)].map((line) => `  ${line}`)].join("\n")

const describeConnected = ({ account, key, mode, name, tools, version }: Connected): ReadonlyArray<string> => [
  `Checked the connection: ${name} ${version} offers ${tools} tools, in ${mode} mode (${account}).`,
  ...key
]

import { Effect } from "effect"
import { settings } from "../../layers/settings/settingDefinitions.ts"
import { type Choice, type Fault, Questions } from "../../services/Questions.ts"
import type { Client } from "./clients/clients.ts"
import type { PastedKey } from "./keyFile.ts"

/** The answers of a person. */
export interface Answers {
  readonly clients: ReadonlyArray<Client>
  readonly server: Chosen
}

type Chosen =
  | { readonly _tag: "Paper" }
  /** A live account that is only read. The key is absent if the file exists already. */
  | { readonly _tag: "Live"; readonly file: string; readonly pasted?: PastedKey }
  | { readonly _tag: "Running"; readonly url: string; readonly isLive: boolean }

/** The address of a server with the usual settings. */
const usualUrl = "http://localhost:8765/mcp"

type Where = "paper" | "live" | "running"

const wheres: ReadonlyArray<Choice<Where>> = [
  {
    value: "paper",
    name: "A simulated account (paper)",
    description: "The client starts the server. It needs no API key, and no real money moves."
  },
  {
    value: "live",
    name: "My Kraken account, read only",
    description: "The client starts the server. Your API key is kept in a file that only you can read."
  },
  {
    value: "running",
    name: "A server that runs already",
    description: "The client calls its address with a token of its own, which has limits."
  }
]

/**
 * Asks which clients to connect, and to what. Paper comes first. An address in `environment` that is not Kraken's is shown where
 * the API key is asked for, and kept with it.
 */
export const askAnswers = Effect.fn("setup.askAnswers")(function* (
  clients: ReadonlyArray<Choice<Client>>,
  usualFile: string,
  exists: (file: string) => boolean,
  environment: Readonly<Record<string, string | undefined>> = {}
) {
  const { chooseOne, chooseSome, secret, text } = yield* Questions
  const chosen = yield* chooseSome("Which clients do you want to connect?", clients)
  const where = yield* chooseOne("What should they trade on?", wheres)
  if (where === "paper") return { clients: chosen, server: { _tag: "Paper" } } satisfies Answers
  if (where === "running") {
    const url = yield* text("Address of the server", usualUrl, urlFault)
    const isLive = yield* chooseOne("What do the tokens open?", [
      { value: false, name: "Simulated accounts only" },
      { value: true, name: "The account of the server's API key, read only" }
    ])
    return { clients: chosen, server: { _tag: "Running", url, isLive } } satisfies Answers
  }
  const file = yield* text("File for the API key", usualFile, (file) => (file === "" ? "expected a path" : undefined))
  if (exists(file)) return { clients: chosen, server: { _tag: "Live", file } } satisfies Answers
  const baseUrl = environment[settings.baseUrl.name]
  const at = baseUrl === undefined ? "" : ` at ${baseUrl}`
  const pasted: PastedKey = {
    key: yield* secret(`API key${at} (query permissions are enough)`, faultOf(settings.key)),
    secret: yield* secret("Private key", faultOf(settings.secret)),
    ...(baseUrl !== undefined && { baseUrl })
  }
  return { clients: chosen, server: { _tag: "Live", file, pasted } } satisfies Answers
})

/** Returns the reason for which a text is no value of a setting. */
const faultOf =
  ({ expected, parse }: { readonly expected: string; readonly parse: (text: string) => unknown }): Fault =>
  (text) =>
    text === "" || parse(text) === undefined ? `expected ${expected}` : undefined

/** Returns the reason for which a text is no address of a server. */
export const urlFault: Fault = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isFine =
    (url?.protocol === "http:" || url?.protocol === "https:") &&
    url.username === "" &&
    url.search === "" &&
    url.hash === ""
  return isFine
    ? undefined
    : "expected an http or https address without query or credentials, such as http://localhost:8765/mcp"
}

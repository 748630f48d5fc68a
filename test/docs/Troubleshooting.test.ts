import { assert, describe, it } from "@effect/vitest"
import { DateTime, Option } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { classify } from "../../src/domain/wire/errors.ts"
import { toKrakenError } from "../../src/layers/kraken/answers/toKrakenError.ts"
import { ApiRefusal } from "../../src/layers/kraken/answers/sendErrors.ts"
import { errorText } from "../../src/tools/errorAdvice.ts"
import { saidOfSettings, settingsSamples } from "../fixtures/wrongSettings.ts"
import { toolErrors } from "../fixtures/toolErrors.ts"
import { read, root } from "./markdown.ts"

/** A heading that quotes an error, and the text below it. */
interface Entry {
  readonly text: string
  readonly body: string
}

const entries: ReadonlyArray<Entry> = read("docs/troubleshooting.md")
  .split(/^#{2,3} /m)
  .flatMap((section) => {
    const [heading = "", ...body] = section.split("\n")
    const text = /^(?<ticks>`+)(?<text>.+?) ?\k<ticks>$/.exec(heading)?.groups?.["text"]
    return text === undefined ? [] : [{ text, body: body.join("\n") }]
  })

/** Headings for the errors that no tool ends in. The code that raises such an error writes its text. */
const elsewhere: Readonly<Record<string, string>> = {
  BodyIncomplete: "The request was not complete",
  BodyTooLarge: "The request is larger than 4 MiB",
  DatabaseUnavailable: "The database … can't be …: …",
  InternalError: "The server ended because of an internal error.",
  ListenError: "Can't listen on …: …",
  MandateMissing: "The limits of this token cannot be read, so it is refused.…",
  NoPaperAccount: "There is no paper account yet in …: the first call of a client opens one (serve --paper).",
  NoPassphrase: "… needs a passphrase: …",
  NoTokenFile: "No token has the id …: there is no file ….",
  OtherSecret: "The tokens are guarded by an operator secret, and … has …",
  ProtocolError: "Unknown tool: …",
  QuestionsEnded: "Nothing was changed.",
  RecordRefusal: "There is no record: … does not exist.",
  ResumeRefusal: "Standard input is no terminal, so nobody can confirm. Trading stays frozen.",
  ResourceNotFound: "There is no resource …",
  ProxyUnusable: "The proxy in … can't be used: …",
  SecretRefusal: "The operator secret is set already, in ….",
  SettingsError: "Invalid settings:…",
  SetupRefusal: "… is left alone, since it ….",
  StateRefusal: "… is in use. Stop the servers first.",
  TokenForPaper:
    "This token was made for paper mode, and this server is not in paper mode. The user needs one for the real account: see docs/troubleshooting.md",
  TokenRefusal: "Nothing was changed: the newest revision of … is …, not ….…",
  TokenNotFound: "No token has the id ….",
  TokenStoreError: "The token database … can't be used: …",
  Unauthenticated: "The token is unknown, expired or revoked",
  UnknownLimitNames: "Invalid limits in the settings:…",
  Unhealthy: "… does not answer: …",
  WrongPassphrase: "The passphrase is wrong, so nothing was done (…).",
  UsageError: "--expires-in: expected a time above zero such as 90d, 12h, 30m, 45s or 3600 (seconds), got …"
}

/** Errors that become another error before they reach a user. */
const inner = {
  ApiRefusal: "one of the errors of Kraken's refusals",
  FeedDown: "a warning in the log; REST is asked instead",
  InputRequired: "the client gets questions, or ProtocolError",
  MayNotLeave: "KrakenNotPlaced",
  OperatorSecretUnavailable: "the reason of DatabaseUnavailable",
  NoRoomLeft: "NotAllowed, LimitReached, Frozen or MandateChanged",
  PanicCallFailed: "a sentence of the report of panic",
  PanicFileFailed: "a sentence of the report of panic",
  NoAnswer: "KrakenUnavailable, or KrakenOutcomeUnknown",
  SendFailed: "NoAnswer or ApiRefusal",
  Unreadable: "DatabaseUnavailable",
  WaitTooLong: "KrakenRateLimitError"
}

const settingsTexts = settingsSamples.flatMap(saidOfSettings)

const toolTexts = Object.values(toolErrors).flatMap(([error]) =>
  error === undefined ? [] : errorText(error).replace(/\n[^\n]*$/, "")
)

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** Makes a pattern of a quoted text, in which … stands for anything. */
const quoted = (text: string) => new RegExp(`^${text.split("…").map(escaped).join("[\\s\\S]*")}$`)

/** Texts of all source files. */
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(root, "src", file), "utf8"))

const said = sources.map((source) => source.replaceAll(/["`] \+\s+["`]/g, "").replaceAll("\\`", "`"))

/** Checks that a source file contains the fixed parts of a text, in order and near each other. */
const inCode = (text: string) => {
  const parts = text.split("…").flatMap((part) => /\w\w(?:.*\w)?/.exec(part)?.[0] ?? [])
  const pattern = new RegExp(parts.map(escaped).join("[\\s\\S]{0,800}?"))
  return parts.length > 0 && said.some((source) => pattern.test(source))
}

/** Names the error that one of Kraken's error codes becomes. */
const tagOf = (code: string): string => {
  const meaning = classify([code.replace("…", "")], true)
  if (meaning._tag === "NoAnswer") return "KrakenUnavailable"
  if (meaning._tag === "Lockout") return "KrakenLockout"
  return toKrakenError("private/AddOrder", new ApiRefusal({ codes: [code], meaning }), DateTime.unsafeMake(0))._tag
}

const isKrakens = ({ text }: Entry) => /^E[A-Z]\w+:/.test(text)

describe("troubleshooting", () => {
  it("quotes what is really said", () => {
    const told = [...toolTexts, ...settingsTexts]
    const wrong = entries
      .filter((entry) => !isKrakens(entry))
      .filter(({ text }) => !told.some((real) => quoted(text).test(real)) && !inCode(text))
    assert.deepStrictEqual(
      wrong.map(({ text }) => text),
      []
    )
    assert.isFalse(inCode("The server is … wrong"))
  })

  it("has an entry for each error that a tool may end in", () => {
    const missing = toolTexts.filter((real) => !entries.some(({ text }) => quoted(text).test(real)))
    assert.deepStrictEqual(missing, [])
  })

  it("knows every error class there is", () => {
    const classes = sources.flatMap((source) =>
      [...source.matchAll(/class (\w+) extends (?:Schema|Data)\.TaggedError/g)].flatMap(([, name]) => name ?? [])
    )
    assert.isAbove(classes.length, 25)
    const known = [toolErrors, elsewhere, inner].flatMap(Object.keys)
    assert.deepStrictEqual(
      classes.filter((name) => !known.includes(name)),
      []
    )
    for (const [name, text] of Object.entries(elsewhere)) {
      assert.include(classes, name)
      assert.isTrue(
        entries.some((entry) => entry.text === text),
        `${name}: ${text}`
      )
    }
  })

  it("says of Kraken's own texts what the server makes of them", () => {
    const krakens = entries.filter(isKrakens)
    assert.isAbove(krakens.length, 10)
    for (const { body, text } of krakens) {
      const tag = Option.fromNullable(/`(Kraken\w+)`/.exec(body)?.[1])
      assert.deepStrictEqual(tag, Option.some(tagOf(text)), text)
      for (const [, code = ""] of body.matchAll(/`(E[A-Z]\w+:[^`]+)`/g))
        assert.strictEqual(tagOf(code), tagOf(text), code)
    }
  })
})

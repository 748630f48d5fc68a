import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { decode } from "../../../src/layers/settings/decode.ts"
import { parseDotenv, readDotenv, readNamed } from "../../../src/layers/settings/dotenvFile.ts"
import { tokens } from "../../../src/layers/settings/needs.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

const safety = "MCP_KRAKEN_READ_ONLY=true\n"

/** Writes these bytes to a `.env`, and reads it. */
const readBytes = (bytes: string | Buffer, mode = 0o600) =>
  Effect.map(temporaryFolder, (folder) => {
    const file = join(folder, ".env")
    writeFileSync(file, bytes)
    chmodSync(file, mode)
    return readDotenv(file)
  })

const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")

const decoded = (dotenv: ReturnType<typeof readDotenv>) =>
  decode({ flags: new Map(), environment: new Map(), dotenv, stateFolder: "/state" })

const lines = (text: string) => parseDotenv(text).refused.map(({ number, setting }) => [number, setting])

describe("a safety setting in .env", () => {
  it.scoped.each<readonly [string, Buffer]>([
    ["UTF-8", Buffer.from(safety)],
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${safety}`)],
    ["UTF-16 with a byte order mark, as PowerShell writes it", utf16(safety)],
    ["big-endian UTF-16", utf16(safety).swap16()],
    ["lines of Windows", Buffer.from(`# a comment\r\n${safety.trim()}\r\n`)],
    ["lines of the old Macintosh", Buffer.from(`# a comment\r${safety.trim()}\r`)],
    ["an export", Buffer.from(`  export ${safety}`)],
    ["spaces and quotes", Buffer.from("MCP_KRAKEN_READ_ONLY = 'true' # so be it\n")]
  ])("is understood in %s", ([, bytes]) =>
    Effect.gen(function* () {
      assert.isTrue(decoded(yield* readBytes(bytes)).config.readOnly)
    })
  )

  it.each([
    "set MCP_KRAKEN_READ_ONLY=true",
    "setx MCP_KRAKEN_READ_ONLY true",
    "$env:MCP_KRAKEN_READ_ONLY = 'true'",
    "MCP_KRAKEN_READ_ONLY true",
    "MCP_KRAKEN_READ_ONLY: true",
    "- MCP_KRAKEN_READ_ONLY=true",
    '  "MCP_KRAKEN_READ_ONLY": "true",',
    "export MCP_KRAKEN_READ_ONLY",
    "declare -x MCP_KRAKEN_READ_ONLY=true",
    'MCP_KRAKEN_READ_ONLY="true',
    'MCP_KRAKEN_READ_ONLY="true" or false',
    "OTHER=1 MCP_KRAKEN_READ_ONLY=true",
    "export OTHER=1; export MCP_KRAKEN_READ_ONLY = true",
    'OTHER="1" MCP_KRAKEN_READ_ONLY="true"',
    "\u200BMCP_KRAKEN_READ_ONLY=true"
  ])("is refused with its number as %s", (line) => {
    assert.deepStrictEqual(lines(`# a comment\n\n${line}\n`), [[3, "MCP_KRAKEN_READ_ONLY"]])
    assert.match(decoded(parseDotenv(line)).problems.join(), /^MCP_KRAKEN_READ_ONLY \(\.env, line 1\): /)
  })

  it("is not swallowed by a quotation mark that an earlier line leaves open", () => {
    assert.deepStrictEqual(lines(`OTHER="open\n${safety}LAST="x"\n`), [[1, undefined]])
    assert.deepStrictEqual(lines('OTHER="open\n'), [[1, undefined]])
  })
})

describe("a .env", () => {
  it("can hold values of other programs, in quotes over several lines", () => {
    const { refused, source } = parseDotenv(
      `PEM="-----BEGIN\n{}\n-----END" # a key\nNAME='it's'\nOLD=1 # ${safety}${safety}`
    )
    assert.deepStrictEqual(refused, [])
    assert.deepStrictEqual(
      [...source],
      [
        ["PEM", "-----BEGIN\n{}\n-----END"],
        ["NAME", "it's"],
        ["OLD", "1"],
        ["MCP_KRAKEN_READ_ONLY", "true"]
      ]
    )
  })

  it("that is no list of settings is refused by every command, with a few of its lines", () => {
    for (const text of ['{\n  "key": 1\n}', "---\n- one\n", "source other.sh\n"]) {
      const { problems } = decode(
        { flags: new Map(), environment: new Map(), dotenv: parseDotenv(text), stateFolder: "/state" },
        tokens
      )
      assert.match(problems.join(), /^\.env, lines? 1\b/)
    }
    const { problems } = decoded(parseDotenv("nonsense\n".repeat(1000)))
    assert.lengthOf(problems, 1)
    assert.include(problems[0], "995")
  })

  it("keeps its lines to itself, since they might be secrets", () => {
    const { problems } = decoded(parseDotenv("KRAKEN_API_SECRET: hush\nhush\n"))
    assert.lengthOf(problems, 2)
    assert.notInclude(problems.join(), "hush")
  })

  it("with a line for another command does not stop this one", () => {
    const dotenv = parseDotenv("set MCP_KRAKEN_PORT=1\n")
    const sources = { flags: new Map(), environment: new Map(), dotenv, stateFolder: "/state" }
    assert.deepStrictEqual(decode(sources, tokens).problems, [])
    assert.lengthOf(decode(sources).problems, 1)
  })

  it.scoped.each<readonly [string, Buffer]>([
    ["binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1])],
    ["UTF-16 without a byte order mark", Buffer.from(safety, "utf16le")],
    ["half a character of UTF-16", Buffer.concat([utf16(safety), Buffer.from([0x41])])],
    ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0])],
    ["Latin-1", Buffer.from("# für alle\n", "latin1")]
  ])("in %s is refused", ([, bytes]) =>
    Effect.gen(function* () {
      const { problems } = yield* readBytes(bytes)
      assert.lengthOf(problems, 1)
      assert.include(problems[0], "UTF-8")
    })
  )

  it.scoped("that is a folder, a pipe or a device is an error, and does not stop the start", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "folder"))
      execFileSync("mkfifo", [join(folder, "pipe")])
      for (const file of [join(folder, "folder"), join(folder, "pipe"), "/dev/zero"]) {
        assert.lengthOf(readDotenv(file).problems, 1, file)
      }
      assert.lengthOf(readNamed(join(folder, "folder")).problems, 1)
      assert.lengthOf(readNamed("/dev/zero").problems, 1)
      assert.deepInclude(readNamed("/dev/null"), { problems: [], isReadableByOthers: false })
    })
  )

  it.scoped("that the user names can be a pipe, which is read once however often a command asks", () =>
    Effect.gen(function* () {
      const pipe = join(yield* temporaryFolder, "pipe")
      execFileSync("mkfifo", [pipe])
      const fill = (text: string) => void spawn("sh", ["-c", `printf '%s' "${text}" > "${pipe}"`])
      fill("MCP_KRAKEN_TIER=pro")
      assert.deepStrictEqual([...readNamed(pipe).source], [["MCP_KRAKEN_TIER", "pro"]])
      fill("MCP_KRAKEN_TIER=starter")
      assert.deepStrictEqual([...readNamed(pipe).source], [["MCP_KRAKEN_TIER", "pro"]])
      execFileSync("cat", [pipe])
    })
  )

  it("that the user names can be in the home folder, which a client's configuration writes as ~", () => {
    assert.match(readNamed("~/missing.env").problems.join(), /^~\/missing\.env: .*ENOENT/)
    assert.match(readNamed("~").problems.join(), /EISDIR/)
  })

  it.scoped("with secrets that others can read is named with what to do, and one without is not", () =>
    Effect.gen(function* () {
      const secret = `KRAKEN_API_KEY=k\nKRAKEN_API_SECRET=${Buffer.alloc(64, "kraken").toString("base64")}\n`
      const notices = (text: string, mode: number) =>
        Effect.map(readBytes(text, mode), (dotenv) => decoded(dotenv).config.notices)
      for (const mode of [0o644, 0o640, 0o604]) {
        const [notice, ...others] = yield* notices(secret, mode)
        assert.deepStrictEqual(others, [])
        assert.include(notice, "chmod 600 .env")
      }
      assert.deepStrictEqual(yield* notices(secret, 0o600), [])
      assert.deepStrictEqual(yield* notices(`${safety}KRAKEN_API_KEY=\n`, 0o644), [])
    })
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { documents, locate, read } from "../../scripts/docs/documents.ts"
import { drawIcon, iconPath } from "../../scripts/docs/icon.ts"
import { envExample } from "../../scripts/docs/settings.ts"
import { decode } from "../../src/layers/settings/decode.ts"
import { parseDotenv } from "../../src/layers/settings/dotenvFile.ts"

describe("documents", () => {
  it.each(documents)("$path is in step with the sources (npm run docs writes it)", ({ path, written }) => {
    assert.strictEqual(read(path), written(read(path)))
  })

  it.effect(`${iconPath} is the server's icon (npm run docs draws it)`, () =>
    Effect.map(drawIcon, (drawn) => assert.isTrue(readFileSync(locate(iconPath)).equals(drawn)))
  )

  it(".env.example holds the defaults: with every line taken in, nothing changes", () => {
    const taken = envExample().replaceAll(/^#(?=\S)/gm, "")
    const read = (text: string) =>
      decode({ flags: new Map(), environment: new Map(), dotenv: parseDotenv(text), stateFolder: "/state" })
    assert.include(taken, "\nMCP_KRAKEN_PORT=8765\n")
    assert.deepStrictEqual(read(taken), read(""))
  })
})

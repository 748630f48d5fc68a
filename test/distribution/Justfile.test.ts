import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { readJson, root } from "./files.ts"

interface Recipe {
  readonly name: string
  readonly doc: string | null
  readonly private: boolean
  /** Lines, each of texts and expressions. */
  readonly body: ReadonlyArray<ReadonlyArray<unknown>>
}

/** The recipes as `just` itself parses them. */
const dump = execFileSync(join(root, "node_modules/.bin/just"), ["--dump", "--dump-format", "json"], { cwd: root })
const { first, recipes } = JSON.parse(String(dump)) as { first: string; recipes: Record<string, Recipe> }

const linesOf = (name: string) =>
  (recipes[name]?.body ?? []).map((pieces) =>
    pieces
      .filter((piece) => typeof piece === "string")
      .join("")
      .trim()
  )

describe("justfile", () => {
  it("lists what it can do where nothing is asked, and says what each is for", () => {
    assert.deepStrictEqual(linesOf(first), ["@just --list"])
    const open = Object.values(recipes).filter((recipe) => !recipe.private)
    assert.sameMembers(
      open.map(({ name }) => name),
      ["bench", "build", "cert-local", "check", "docker-build", "docs", "fix", "serve-https", "sync", "test"]
    )
    for (const { doc } of open) assert.isNotNull(doc)
  })

  it("calls scripts of package.json", () => {
    const { scripts } = readJson("package.json")
    const lines = Object.keys(recipes).flatMap(linesOf)
    const called = lines.flatMap((line) => /^npm (?:run )?(\w+)/.exec(line)?.[1] ?? [])
    assert.isAbove(called.length, 6)
    for (const name of called.filter((name) => name !== "ci")) assert.property(scripts, name)
  })

  it("serves with the certificate that it makes", () => {
    assert.include(linesOf("cert-local"), "mkcert -key-file certs/key.pem -cert-file certs/cert.pem")
    const tls = "--ssl-keyfile certs/key.pem --ssl-certfile certs/cert.pem"
    assert.deepStrictEqual(linesOf("serve-https"), [
      `node dist/main.mjs serve --host localhost --port 8765 --path /mcp ${tls}`
    ])
  })
})

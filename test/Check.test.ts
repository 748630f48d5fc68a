import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")

const sound = `
import { Effect } from "effect"
export const program = Effect.gen(function* () {
  yield* Effect.log("said")
  return yield* Effect.fail("refused" as const)
})
`

const mistakes = {
  floatingEffect: sound.replace("yield* Effect.log", "Effect.log"),
  missingReturnYieldStar: sound.replace("return yield*", "yield*"),
  globalDateInEffect: sound.replace(`"said"`, "new Date()")
}

describe("npm run check", () => {
  it("starts with the compiler that knows Effect", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    assert.match(scripts.check, /^effect-tsgo patch && tsc && /)
  })

  it("comes before the tests, in the README and in CI", () => {
    const command = "\nnpm ci && npm run check && npm test\n"
    for (const file of ["README.md", ".ci/run"]) assert.include(readFileSync(join(root, file), "utf8"), command)
  })

  it("is followed in CI by the referee, whose no is CI's no", () => {
    const run = readFileSync(join(root, ".ci/run"), "utf8")
    assert.match(run, /\ncode=\$\?\nif .*; then npm run conformance \|\| code=1; fi\n[^]*\nexit "\$code"\n$/)
  })

  it("refuses mistakes with Effect, each by its name, and nothing else", () => {
    const { status, stdout } = compile({ sound, ...mistakes })
    assert.deepStrictEqual(
      Array.from(stdout.matchAll(/^(\w+)\.mts\(.* effect\((\w+)\)$/gm), ([, file, diagnostic]) => [file, diagnostic]),
      Object.keys(mistakes)
        .toSorted()
        .map((name) => [name, name])
    )
    assert.notStrictEqual(status, 0)
  })

  it("passes sound code", () => {
    assert.include(compile({ sound }), { status: 0, stdout: "" })
  })
})

/** Compiles files in another folder as `npm run check` does, with the project's settings. */
const compile = (sources: Record<string, string>) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-check-"))
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["."] })
    )
    for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.mts`), source)
    execFileSync(bin("effect-tsgo"), ["patch"], { cwd: root, stdio: "ignore" })
    return spawnSync(bin("tsc"), { cwd: folder, encoding: "utf8" })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const bin = (name: string) => join(root, "node_modules/.bin", name)

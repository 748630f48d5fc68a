import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { build } from "esbuild"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { blocksOf, read, root } from "./markdown.ts"

const table = "src/domain/endpoints/account.ts"

const folder = join(root, "dist/test-example")

describe("CONTRIBUTING.md", () => {
  it.effect("shows a tool that works where it says that it goes", () =>
    Effect.gen(function* () {
      const [endpoint, example, ...others] = blocksOf("CONTRIBUTING.md").filter(({ language }) => language === "ts")
      assert.isEmpty(others)
      for (const file of [table, "src/tools/account/tools.ts"]) assert.include(read("CONTRIBUTING.md"), `\`${file}\``)
      const contents = `${read("src/tools/account/tools.ts")}\n${example?.text}`
      const outfile = join(folder, "example.mjs")
      yield* Effect.promise(() =>
        build({
          stdin: { contents, resolveDir: join(root, "src/tools/account"), loader: "ts" },
          outfile,
          bundle: true,
          packages: "external",
          platform: "node",
          format: "esm",
          plugins: [
            {
              name: "with the endpoint",
              setup: ({ onLoad }) =>
                onLoad({ filter: /domain\/endpoints\/account\.ts$/ }, () => ({
                  contents: read(table).replace("export const account = {", `$&\n${endpoint?.text}`),
                  loader: "ts"
                }))
            }
          ]
        })
      )
      const { getRebates } = yield* Effect.promise(() => import(outfile))
      assert.deepInclude(getRebates, { name: "get_rebates", endpoint: "private/Rebates", intent: "read" })
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true, force: true }))))
  )
})

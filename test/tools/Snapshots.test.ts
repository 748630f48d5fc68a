import { assert, describe, expect, it } from "@effect/vitest"
import Ajv2020 from "ajv/dist/2020.js"
import { toolsets } from "../../src/tools/toolsets.ts"

const tools = Object.values(toolsets).flat()

/** Fields whose name says all that a model needs. Each other field has a description. */
const clear = [
  "aclass",
  "aclass_base",
  "asset_class",
  "type",
  "ordertype",
  "close_price",
  "close_price2",
  "cursor",
  "detail",
  "limit",
  "id",
  "key",
  "method",
  "network",
  "verified",
  "report",
  "as",
  "from_wallet",
  "to_wallet",
  "hide_zero_allocations",
  "username",
  "email",
  "kind"
]

describe("every tool", () => {
  it("has a name of its own", () => {
    assert.strictEqual(new Set(tools.map((tool) => tool.name)).size, tools.length)
  })

  for (const { definition, name } of tools) {
    it(`${name} has schemas a model can read`, () => {
      const text = JSON.stringify([definition.inputSchema, definition.outputSchema])
      for (const noise of ["$ref", "$defs", "$id", "$schema", '"title":"', "decoded into", "an integer"]) {
        assert.notInclude(text, noise)
      }
      const ajv = new Ajv2020.default({ strict: true, allowUnionTypes: true })
      ajv.compile(definition.inputSchema)
      if (definition.outputSchema) ajv.compile(definition.outputSchema)
      const bare = Object.entries(definition.inputSchema.properties ?? {}).filter(
        ([, field]) => !("description" in field)
      )
      assert.includeMembers(
        clear,
        bare.map(([field]) => field)
      )
    })

    it(`${name} is what a model sees`, () =>
      expect(`${JSON.stringify(definition, null, 2)}\n`).toMatchFileSnapshot(`snapshots/${name}.json`))
  }
})

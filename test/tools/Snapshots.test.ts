import { assert, describe, expect, it } from "@effect/vitest"
import Ajv2020 from "ajv/dist/2020.js"
import { toolsets } from "../../src/tools/toolsets.ts"

const tools = Object.values(toolsets).flat()

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
      for (const [field, property] of Object.entries(definition.inputSchema.properties ?? {})) {
        assert.isString((property as { description?: string }).description, `${name}.${field} lacks a description`)
      }
    })

    it(`${name} is what a model sees`, () =>
      expect(`${JSON.stringify(definition, null, 2)}\n`).toMatchFileSnapshot(`snapshots/${name}.json`))
  }
})

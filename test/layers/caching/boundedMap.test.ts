import { assert, describe, it } from "@effect/vitest"
import { makeBoundedMap } from "../../../src/layers/caching/boundedMap.ts"

describe("a bounded map", () => {
  it("evicts the entry that was used least recently", () => {
    const map = makeBoundedMap<string, number>(2)
    map.set("a", 1)
    map.set("b", 2)
    assert.strictEqual(map.get("a"), 1)
    map.set("c", 3)
    assert.deepStrictEqual([...map.keys()], ["a", "c"])
    assert.isUndefined(map.get("b"))
  })

  it("evicts nothing for an entry that it has", () => {
    const map = makeBoundedMap<string, number>(2)
    map.set("a", 1)
    map.set("b", 2)
    map.set("a", 3)
    assert.deepStrictEqual([...map.keys()], ["b", "a"])
    assert.strictEqual(map.get("a"), 3)
  })

  it("makes an entry once", () => {
    const map = makeBoundedMap<string, number>(2)
    let made = 0
    const make = () => ++made
    assert.deepStrictEqual([map.getOrMake("a", make), map.getOrMake("a", make), map.getOrMake("b", make)], [1, 1, 2])
  })

  it("forgets a deleted entry", () => {
    const map = makeBoundedMap<string, number>(2)
    map.set("a", 1)
    map.delete("a")
    assert.isUndefined(map.get("a"))
  })
})

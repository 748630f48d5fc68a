import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import {
  endpoints,
  isEndpoint,
  isPrivate,
  type Endpoint,
  type WriteEndpoint
} from "../../../src/domain/endpoints/endpoints.ts"

const all = Object.keys(endpoints).filter(isEndpoint)

describe("endpoints", () => {
  it("are known by exactly their names", () => {
    assert.isTrue(isEndpoint("private/AddOrder"))
    for (const name of ["private/addorder", "AddOrder", "toString", "private/Nonsense"])
      assert.isFalse(isEndpoint(name))
    expectTypeOf<"private/Balance">().toExtend<Endpoint>()
    expectTypeOf<"private/Balance">().not.toExtend<WriteEndpoint>()
  })

  it("need a key where they are private, and none where they are public", () => {
    for (const endpoint of all) {
      assert.strictEqual(isPrivate(endpoint), endpoint.startsWith("private/"), endpoint)
      assert.strictEqual(endpoints[endpoint].permissions.length > 0, isPrivate(endpoint), endpoint)
    }
  })

  it("that read move nothing, and what moves money is never a mere write", () => {
    const odd = all.filter((endpoint) => {
      const { intent, moves } = endpoints[endpoint]
      const money = moves !== "nothing" && moves !== "credential"
      return (intent === "read" && moves !== "nothing") || (money && intent !== "destroy")
    })
    assert.deepStrictEqual(odd, [])
  })

  it("leave to the trading engine what it counts itself", () => {
    const counted = all.filter((endpoint) => endpoints[endpoint].engine !== "none")
    assert.isTrue(counted.every((endpoint) => endpoints[endpoint].restCost === 0))
  })

  it("name a page of Kraken's documents and the day on which it was read", () => {
    for (const endpoint of all) {
      const { read, url } = endpoints[endpoint].see
      assert.match(`${url} ${read}`, /^https:\/\/docs\.kraken\.com\/\S+ \d{4}-\d\d-\d\d$/, endpoint)
    }
  })
})

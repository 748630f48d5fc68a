import { assert, describe, it } from "@effect/vitest"
import { groups } from "../../scripts/mutation/groups.mjs"
import { isWording } from "../../scripts/mutation/wording.mjs"

describe("npm run mutate", () => {
  it("changes what decides about money and access, and only there", () => {
    const sources = Object.values(groups).flatMap(({ sources }) => sources)
    assert.includeMembers(sources, [
      "src/domain/numbers/decimal.ts",
      "src/layers/kraken/writes/KrakenWriterSettling.ts",
      "src/layers/kraken/nonces/sharedCounter.ts",
      "src/layers/kraken/writes/pollUntilSettled.ts"
    ])
    assert.lengthOf(new Set(sources), sources.length, "a file in two groups is changed twice")
    for (const file of sources) assert.match(file, /^src\/(domain|layers)\//)
  })

  it("leaves sentences alone, and no text that the code compares", () => {
    for (const text of ["leave it out", " decimals", "is not a price: "]) assert.isTrue(isWording(text), text)
    for (const text of ["limit", "private/AddOrder", "2:1", "", "-"]) assert.isFalse(isWording(text), text)
  })
})

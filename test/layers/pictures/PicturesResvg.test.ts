import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { inflateSync } from "node:zlib"
import { PicturesResvg } from "../../../src/layers/pictures/PicturesResvg.ts"
import { Pictures } from "../../../src/services/Pictures.ts"

const svg = (parts: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" fill="#fff"/>${parts}</svg>`

const draw = (parts: string) => Effect.flatMap(Pictures, ({ png }) => png(parts))

/** Reads a PNG of one data chunk and no filters: its size, and the colour of a pixel. */
const readPng = (bytes: Uint8Array) => {
  const file = Buffer.from(bytes)
  assert.strictEqual(file.subarray(1, 4).toString("latin1"), "PNG")
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)]
  assert.strictEqual(file.subarray(37, 41).toString("latin1"), "IDAT")
  const data = inflateSync(file.subarray(41, 41 + file.readUInt32BE(33)))
  assert.strictEqual(data.length, height * (1 + width * 3))
  const at = (x: number, y: number) => [...data.subarray(y * (1 + width * 3) + 1 + x * 3).subarray(0, 3)]
  const dark = data.filter((value, index) => index % (1 + width * 3) > 0 && value < 128).length
  return { width, height, at, dark }
}

describe("a renderer of pictures", () => {
  it.effect("draws SVG as PNG of the same size and colours", () =>
    Effect.gen(function* () {
      const png = yield* Effect.flatten(draw(svg(`<path d="M10 5h10v10h-10z" fill="#0a62c4"/>`)))
      const { at, height, width } = readPng(png)
      assert.deepStrictEqual([width, height], [40, 20])
      assert.deepStrictEqual(at(15, 10), [0x0a, 0x62, 0xc4])
      assert.deepStrictEqual(at(30, 10), [255, 255, 255])
    }).pipe(Effect.provide(PicturesResvg))
  )

  it.effect("shows texts in its own font, in any family", () =>
    Effect.gen(function* () {
      for (const family of ["Inter", "sans-serif", "A font that no machine has"]) {
        const png = yield* Effect.flatten(draw(svg(`<text x="2" y="16" font-family="${family}">12.5</text>`)))
        assert.isAbove(readPng(png).dark, 50, family)
      }
    }).pipe(Effect.provide(PicturesResvg))
  )

  it.effect("draws nothing of what is no SVG", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* draw("<svg"), Option.none())
      assert.isTrue(Option.isSome(yield* draw(svg(""))))
    }).pipe(Effect.provide(PicturesResvg))
  )
})

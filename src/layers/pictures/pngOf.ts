import { Effect } from "effect"
import { promisify } from "node:util"
import { crc32, deflate } from "node:zlib"

/** Pixels of a picture: red, green, blue and alpha, row by row. */
interface Pixels {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

const compress = promisify(deflate)

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** The header's last bytes: eight bits a colour, red, green and blue, the usual compression and filters, no interlacing. */
const format = [8, 2, 0, 0, 0]

/**
 * Writes an opaque picture as PNG. Compression takes longer than drawing, so it runs outside the thread that serves.
 *
 * @see https://www.w3.org/TR/png-3/ read 2026-11-29
 */
export const pngOf = ({ height, pixels, width }: Pixels): Effect.Effect<Uint8Array> => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set(format, 8)
  return Effect.map(
    Effect.promise(() => compress(rows(width, height, pixels), { level: 9 })),
    (data) => Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))])
  )
}

/** Lists the rows of a picture without alpha, each after the number of its filter: none. */
const rows = (width: number, height: number, pixels: Uint8Array): Buffer => {
  const all = Buffer.alloc(height * (1 + width * 3))
  let to = 0
  for (let from = 0; from < width * height * 4; from += 4) {
    if (from % (width * 4) === 0) to += 1
    all[to] = pixels[from] ?? 0
    all[to + 1] = pixels[from + 1] ?? 0
    all[to + 2] = pixels[from + 2] ?? 0
    to += 3
  }
  return all
}

const chunk = (name: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}

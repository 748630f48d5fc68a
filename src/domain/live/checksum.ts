import type { Book, Level } from "./values.ts"

/** Levels of each side that count for the checksum. */
const counted = 10

/** Remainders of all bytes by the polynomial of CRC-32, reflected. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** Computes the CRC-32 of ASCII text as an unsigned number. */
export const crc32 = (text: string): number => {
  let value = 0xffffffff
  for (let at = 0; at < text.length; at++) {
    value = (value >>> 8) ^ (remainders[(value ^ text.charCodeAt(at)) & 0xff] ?? 0)
  }
  return (value ^ 0xffffffff) >>> 0
}

/**
 * Computes Kraken's checksum of a book: the CRC-32 of the ten best asks, then the ten best bids, each as price and
 * quantity without point and without zeros in front. The digits have to be those that Kraken sent.
 *
 * @see https://docs.kraken.com/exchange/guides/websockets/book-checksum-v2 read 2026-11-29
 */
export const checksumOf = ({ asks, bids }: Book): number => crc32(textOf(asks) + textOf(bids))

const textOf = (levels: ReadonlyArray<Level>): string => {
  let text = ""
  for (const { price, quantity } of levels.slice(0, counted)) text += digitsOf(price) + digitsOf(quantity)
  return text
}

const digitsOf = (number: string): string => number.replace(".", "").replace(/^0+/, "")

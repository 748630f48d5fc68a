/** A price level as the book channel prints it, with all decimals of the pair. */
export interface PrintedLevel {
  readonly price: string
  readonly qty: string
}

/**
 * Computes the checksum of a book: CRC32 over the ten best asks, then the ten best bids, each as the digits of price and
 * volume without the decimal point and leading zeros. Both sides are given best first.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-book-v2 read 2026-11-29
 */
export const bookChecksum = (asks: ReadonlyArray<PrintedLevel>, bids: ReadonlyArray<PrintedLevel>): number =>
  crc32([...asks.slice(0, 10), ...bids.slice(0, 10)].map(({ price, qty }) => digits(price) + digits(qty)).join(""))

const digits = (number: string): string => number.replace(".", "").replace(/^0+/, "")

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  return remainder
})

/** Computes the CRC32 of ASCII text. */
const crc32 = (text: string): number => {
  let crc = 0xffffffff
  for (let i = 0; i < text.length; i++) crc = (crc >>> 8) ^ table[(crc ^ text.charCodeAt(i)) & 0xff]!
  return (crc ^ 0xffffffff) >>> 0
}

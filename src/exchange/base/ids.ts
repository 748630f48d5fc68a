/** Mixes up to four numbers into a 32-bit number. Makes ids and the synthetic market repeatable. */
export const hash = (a: number, b = 0, c = 0, d = 0): number => {
  let h = mix(a ^ 0x9e3779b9)
  h = mix(h ^ mix(b ^ 0x85ebca6b))
  h = mix(h ^ mix(c ^ 0xc2b2ae35))
  return mix(h ^ mix(d ^ 0x27d4eb2f))
}

/** Derives a seed from a text. */
export const seedOf = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix(h)
}

const mix = (h: number): number => {
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}

const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
const mixed = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"

/**
 * Spells an id in Kraken's format, always the same for the same seed and number. The first seven characters after the
 * prefix encode a reversible mixing of the number, so two numbers below 2^32 never share an id.
 */
const spell = (seed: number, n: number, alphabet: string, length: number): string => {
  let text = ""
  for (let block = 0, left = length; left > 0; block++, left -= 7) {
    let h = block === 0 ? mix(n ^ hash(seed)) : hash(seed, n, block)
    for (let i = 0; i < Math.min(7, left); i++) {
      text += alphabet[h % alphabet.length]
      h = Math.floor(h / alphabet.length)
    }
  }
  return text
}

const dashed = (prefix: string, seed: number, n: number, a: number, b: number, c: number) => {
  const text = prefix + spell(seed, n, capitals, a + b + c - prefix.length)
  return `${text.slice(0, a)}-${text.slice(a, a + b)}-${text.slice(a + b)}`
}

export const orderId = (seed: number, n: number) => dashed("O", seed, n, 6, 5, 6)
export const tradeId = (seed: number, n: number) => dashed("T", seed, n, 6, 5, 6)
export const ledgerId = (seed: number, n: number) => dashed("L", seed, n, 6, 5, 6)
export const transferId = (seed: number, n: number) => dashed("T", seed, n, 7, 6, 6)
export const fundingId = (seed: number, n: number) => `FT${spell(seed, n, mixed, 5)}-${spell(seed ^ 1, n, mixed, 22)}`
export const reportId = (seed: number, n: number) => spell(seed, n, letters, 4)
export const token = (seed: number, n: number) => spell(seed, n, mixed, 43)
export const hex = (seed: number, n: number, length: number) => spell(seed, n, "0123456789abcdef", length)
/** Derives a UUID from a name. */
export const uuidOf = (name: string) =>
  hex(seedOf(name), 0, 30).replace(/^(.{8})(.{4})(.{3})(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5")
export const accountId = (seed: number, n: number) => {
  const text = spell(seed, n, capitals, 14)
  return `AA${text.slice(0, 2)} ${text.slice(2, 6)} ${text.slice(6, 10)} ${text.slice(10)}`
}

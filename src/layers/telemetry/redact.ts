import { makeBoundedMap } from "../caching/boundedMap.ts"

/** The replacement for a secret. */
const stars = "***"

/**
 * A part of a text that is long enough for the patterns of random text, which take most of the time. Most lines of the log
 * have none. It begins where other characters end, so that each character is looked at once.
 */
const longPart = /(?:^|[^\w/+%-])[\w/+%-]{40}/

/**
 * Patterns of text that looks like a secret, and true if they match only in a long part. Quotes might be escaped: JSON within
 * JSON has backslashes before them.
 */
const patterns: ReadonlyArray<readonly [pattern: RegExp, replacement: string, isLong?: true]> = [
  // Access tokens of this server.
  [/mck_[A-Za-z0-9_-]+/g, `mck_${stars}`],
  [/(apikey(?:=|%3D))[^\s&"'\\]+/gi, `$1${stars}`],
  [/(Bearer\s+)[^\s"',\\]+/gi, `$1${stars}`],
  // 64 bytes in base64, plain or form-encoded: an API secret or a signature.
  [/(?:[A-Za-z0-9/+]|%2[BF]){86}(?:==|%3D%3D)/gi, stars, true],
  [
    /((?:api[-_]?key|api[-_]?sign|api[-_]?secret|\botp|authorization)\\*["']?\s*[:=]\s*\\*["']?)(?!Bearer)[^\s"',&\\]+/gi,
    `$1${stars}`
  ]
]

/** Text that might be random: as long as the shortest keys and tokens, which names rarely are. */
const long = /[A-Za-z0-9/+_-]{40,}={0,2}/g

/**
 * Checks that a text looks random and is not a path: upper case, lower case and digits in a part of 16 characters or
 * more without a slash.
 */
const looksRandom = (text: string): boolean =>
  text.split("/").some((part) => part.length >= 16 && /[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part))

/** The most forms of added secrets in memory. */
const capacity = 1000

/** The least length of a secret. Masking a shorter text would damage ordinary words. */
const shortest = 4

const regExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/**
 * Makes a pattern of a secret as it is and within nested JSON at any depth, which differ only in the number of
 * backslashes.
 */
const inJson = (secret: string): string =>
  [...secret].map((char) => (char === '"' ? '\\\\*"' : char === "\\" ? "\\\\+" : regExp(char))).join("")

/**
 * Lists patterns for the forms that a secret can take: in text, in a URL, in a form, in a header, as a name in the log.
 */
const formsOf = (secret: string): ReadonlyArray<string> => [
  inJson(secret),
  regExp(encodeURIComponent(secret)),
  regExp(new URLSearchParams([["", secret]]).toString().slice(1)),
  regExp(Buffer.from(secret).toString("base64")),
  regExp(secret.replaceAll(/[\s="]/g, "_"))
]

/**
 * Makes a function that masks secrets in text: known values in any of their forms, and text that looks like a secret.
 */
export const makeRedact = () => {
  const known = makeBoundedMap<string, true>(capacity)
  let anyKnown: RegExp | undefined
  return {
    addSecret: (secret: string): void => {
      if (secret.length < shortest) return
      for (const form of formsOf(secret)) known.set(form, true)
      anyKnown = new RegExp([...known.keys()].toSorted((a, b) => b.length - a.length).join("|"), "g")
    },
    redact: (text: string): string => {
      let clean = anyKnown === undefined ? text : text.replace(anyKnown, stars)
      for (const [pattern, replacement, isLong] of patterns)
        if (isLong === undefined || longPart.test(clean)) clean = clean.replace(pattern, replacement)
      return longPart.test(clean) ? clean.replace(long, (match) => (looksRandom(match) ? stars : match)) : clean
    }
  }
}

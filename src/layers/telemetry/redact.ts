/** Stands where a secret was. */
const stars = "***"

/**
 * What is a secret by its look, wherever it stands. Quotes may be escaped: a text that was JSON within JSON has
 * backslashes before them.
 */
const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  // Tokens of ours.
  [/mck_[A-Za-z0-9_-]+/g, `mck_${stars}`],
  [/(apikey(?:=|%3D))[^\s&"'\\]+/gi, `$1${stars}`],
  [/(Bearer\s+)[^\s"',\\]+/gi, `$1${stars}`],
  // 64 bytes in base64, plain or in a form: an API secret or a signature.
  [/(?:[A-Za-z0-9/+]|%2[BF]){86}(?:==|%3D%3D)/gi, stars],
  [
    /((?:api[-_]?key|api[-_]?sign|api[-_]?secret|\botp|authorization)\\*["']?\s*[:=]\s*\\*["']?)(?!Bearer)[^\s"',&\\]+/gi,
    `$1${stars}`
  ]
]

/** As long as the shortest keys and tokens that are nobody's names. */
const long = /[A-Za-z0-9/+_-]{40,}={0,2}/g

/** Drawn at random, and no path: letters of both cases and digits in a row, between two slashes or without any. */
const looksRandom = (text: string): boolean =>
  text.split("/").some((part) => part.length >= 16 && /[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part))

/** At most this many forms of secrets that turned up are remembered; the oldest is forgotten. */
const capacity = 1000

/** Shorter texts are no secrets, and would tear words apart. */
const shortest = 4

const regExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** A secret as it is, and in JSON within JSON, however deep: only the number of backslashes differs. */
const inJson = (secret: string): string =>
  [...secret].map((char) => (char === '"' ? '\\\\*"' : char === "\\" ? "\\\\+" : regExp(char))).join("")

/** A secret as it travels: in text, in a URL, in a form, in a header, as a name in the log. */
const formsOf = (secret: string): ReadonlyArray<string> => [
  inJson(secret),
  regExp(encodeURIComponent(secret)),
  regExp(new URLSearchParams([["", secret]]).toString().slice(1)),
  regExp(Buffer.from(secret).toString("base64")),
  regExp(secret.replaceAll(/[\s="]/g, "_"))
]

/** Hides secrets in text: those known by value, in whatever form they travel, and those known by their look. */
export const makeRedact = () => {
  const known = new Set<string>()
  let anyKnown: RegExp | undefined
  return {
    learn: (secret: string): void => {
      if (secret.length < shortest) return
      for (const form of formsOf(secret)) {
        known.delete(form)
        known.add(form)
      }
      for (const oldest of known) {
        if (known.size <= capacity) break
        known.delete(oldest)
      }
      anyKnown = new RegExp([...known].toSorted((a, b) => b.length - a.length).join("|"), "g")
    },
    redact: (text: string): string => {
      let clean = anyKnown === undefined ? text : text.replace(anyKnown, stars)
      for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
      return clean.replace(long, (match) => (looksRandom(match) ? stars : match))
    }
  }
}

/** Stands where a secret was. */
const stars = "***"

/** What is a secret by its look, wherever it stands: our tokens, the query's, bearers, signatures and API secrets. */
const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  [/mck_[A-Za-z0-9_-]+/g, `mck_${stars}`],
  [/(apikey=)[^\s&"']+/gi, `$1${stars}`],
  [/(Bearer\s+)[^\s"',]+/gi, `$1${stars}`],
  // 64 bytes in base64: an API secret or a signature.
  [/[A-Za-z0-9+/]{86}==/g, stars],
  [/((?:api-?key|api-?sign|api-?secret|otp|authorization)["']?\s*[:=]\s*["']?)(?!Bearer)[^\s"',&]+/gi, `$1${stars}`]
]

/** At most this many secrets that turned up are remembered; the oldest is forgotten. */
const capacity = 1000

/** Shorter texts are no secrets, and would tear words apart. */
const shortest = 4

/** Hides secrets in text: those known by value, in whatever encoding they travel, and those known by their look. */
export const makeRedact = () => {
  const known = new Set<string>()
  return {
    learn: (secret: string): void => {
      if (secret.length < shortest) return
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) {
        known.delete(form)
        known.add(form)
      }
      for (const oldest of known) {
        if (known.size <= capacity) break
        known.delete(oldest)
      }
    },
    redact: (text: string): string => {
      let clean = text
      for (const secret of known) clean = clean.replaceAll(secret, stars)
      for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
      return clean
    }
  }
}

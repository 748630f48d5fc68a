import { hash as digest } from "node:crypto"
import { defaultAccount, KrakenAccountName } from "../../services/KrakenAccount.ts"

/**
 * Marks of tokens, which are stored in front of the hash: `v2:mandate,paper:<hash>`. A column could be overlooked: a server
 * that does not know a mark, such as the Python one, an older version or a newer mark's, finds no such hash and refuses the
 * token.
 */

/** The marks that this version respects, besides that of an account. */
const known = ["mandate", "paper"] as const

/** The mark of a token that opens one Kraken account with a name. */
const accountPrefix = "account="

/** Makes the mark of a token that opens an account. */
export const accountMark = (account: KrakenAccountName): string => accountPrefix + account

/** Reads the account that a token opens. */
export const accountOf = (marks: ReadonlyArray<string>): KrakenAccountName => {
  const mark = marks.find((mark) => mark.startsWith(accountPrefix))
  return mark === undefined ? defaultAccount : KrakenAccountName(mark.slice(accountPrefix.length))
}

/**
 * Binds the hash of a token to the account that it opens. With the mark of another account, or with none, the stored hash is
 * that of no token.
 */
export const boundTo = (hash: string, account: KrakenAccountName): string =>
  account === defaultAccount ? hash : digest("sha256", `${accountMark(account)}:${hash}`)

const prefix = "v2:"

/** The form of a single mark that was stored before there were several. */
const paperPrefix = "paper:"

/** Writes the form in which a token's hash is stored. */
export const store = (hash: string, marks: ReadonlyArray<string>): string => {
  const sorted = [...new Set(marks)].toSorted()
  if (sorted.length === 0) return hash
  return sorted.length === 1 && sorted[0] === "paper" ? paperPrefix + hash : `${prefix}${sorted.join(",")}:${hash}`
}

/** Reads a stored hash. Its marks can be those of a newer version. */
export const readStored = (stored: string): { readonly hash: string; readonly marks: ReadonlyArray<string> } => {
  if (stored.startsWith(paperPrefix)) return { hash: stored.slice(paperPrefix.length), marks: ["paper"] }
  const [, marks, hash] = /^v2:([^:]*):(.*)$/.exec(stored) ?? []
  return marks === undefined || hash === undefined ? { hash: stored, marks: [] } : { hash, marks: marks.split(",") }
}

/**
 * Lists all forms of a token's hash that a server with these named accounts accepts. No other form is, so a mark that it does
 * not know refuses.
 */
export const acceptedForms = (hash: string, accounts: ReadonlyArray<KrakenAccountName>): ReadonlyArray<string> => [
  hash,
  paperPrefix + hash,
  ...["mandate", "mandate,paper", "paper"].map((marks) => `${prefix}${marks}:${hash}`),
  ...accounts.flatMap((account) => {
    const bound = boundTo(hash, account)
    return [[], ["mandate"], ["mandate", "paper"], ["paper"]].map((marks) =>
      store(bound, [accountMark(account), ...marks])
    )
  })
]

/** Checks that this version respects all marks of a token. */
export const areKnown = (marks: ReadonlyArray<string>): boolean =>
  marks.every((mark) => mark.startsWith(accountPrefix) || known.some((name) => name === mark))

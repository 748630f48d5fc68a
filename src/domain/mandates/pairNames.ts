import type { Directory, Pair } from "../assets/model.ts"
import { venueOf } from "../assets/krakenLists.ts"
import { key } from "../assets/spelling.ts"

/** The terms by which a pair is matched: names of its assets, and the place where it trades. */
interface Market {
  readonly base: string
  readonly quote: string
  /** Empty for Kraken's ordinary market, `.d` for a dark pool, else a venue such as `:BTNL`. */
  readonly venue: string
}

const marketOf = ({ altname, base, quote }: Pair, directory: Directory): Market => ({
  base: named(base, directory),
  quote: named(quote, directory),
  venue: altname.endsWith(".d") ? ".d" : key(venueOf(altname))
})

/** The display name of a tradable asset. Balances such as `DOT.S` and unknown names stay as they are. */
const named = (spelling: string, directory: Directory): string => {
  const found = directory.findAsset(spelling)
  return found === undefined || found.suffix !== "" ? key(spelling) : found.asset.display
}

/** An entry of a list: one pair, or a pattern such as `ETH/*`. */
type Entry = { readonly _tag: "Pair"; readonly pair: Pair } | { readonly _tag: "Pattern"; readonly market: Market }

const readEntry = (text: string, directory: Directory): Entry => {
  const pair = directory.findPair(text)
  if (pair !== undefined) return { _tag: "Pair", pair }
  const venue = venueOf(text.trim())
  const names = text
    .trim()
    .slice(0, text.trim().length - venue.length)
    .split("/")
  const [base = "", quote = base === "*" ? "*" : ""] = names.map((name) => name.trim())
  const side = (name: string) => (name === "*" ? "*" : named(name, directory))
  return { _tag: "Pattern", market: { base: side(base), quote: side(quote), venue: key(venue) } }
}

const fits = (pattern: Market, market: Market): boolean =>
  (pattern.base === "*" || pattern.base === market.base) && (pattern.quote === "*" || pattern.quote === market.quote)

/** Checks that a list of allowed pairs has a pair. A pattern has pairs of another venue or of a dark pool only if it names it. */
export const isListed = (entries: ReadonlyArray<string>, pair: Pair, directory: Directory): boolean => {
  const market = marketOf(pair, directory)
  return entries.some((text) => {
    const entry = readEntry(text, directory)
    return entry._tag === "Pair"
      ? entry.pair.id === pair.id && entry.pair.altname === pair.altname
      : fits(entry.market, market) && entry.market.venue === market.venue
  })
}

/** Checks that a list of excluded pairs has a pair. An entry without a venue excludes it at every venue. */
export const isExcluded = (entries: ReadonlyArray<string>, pair: Pair, directory: Directory): boolean => {
  const market = marketOf(pair, directory)
  return entries.some((text) => {
    const entry = readEntry(text, directory)
    const excluded = entry._tag === "Pair" ? marketOf(entry.pair, directory) : entry.market
    return fits(excluded, market) && (excluded.venue === "" || excluded.venue === market.venue)
  })
}

import { type Catalogue, findAsset, findPair } from "../../catalogue/catalogue.ts"
import { concerns, hasConcerns } from "../../endpoints/concerns.ts"
import type { Request } from "../../wire/Request.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import { isObject, type Params } from "../../wire/params.ts"
import type { Exchange } from "../../state/state.ts"
import { isNewer, isNews } from "./learn.ts"
import type { Listed } from "./Listed.ts"
import { printAsset, printPair } from "./rows.ts"

/** What Kraken's lists have to say about a request. */
export interface Lesson {
  /** What `control/List` has to tell the exchange first; nothing where it knows all that matters. */
  readonly params: Params | undefined
  /** Why what is named can't be traded here. */
  readonly odd: ReadonlyArray<string>
  /** The names that neither the exchange nor the lists know. */
  readonly unknown: ReadonlyArray<string>
}

type Asked = Pick<Request, "account" | "endpoint" | "params">

/** Whether lists may have anything to say about a request. */
export const asksLists = ({ endpoint, params = {} }: Asked): boolean =>
  hasConcerns(endpoint) || namesIn(params, "pair", "asset", "converted_asset").length > 0

export const lessonOf = (x: Exchange, request: Asked, { at, catalogue, classes, odd }: Listed): Lesson => {
  const named = {
    pairs: namesIn(request.params ?? {}, "pair"),
    assets: namesIn(request.params ?? {}, "asset", "converted_asset")
  }
  const needed = new Set([
    ...named.pairs.flatMap((name) => findPair(catalogue, name) ?? []),
    ...concerns(x, request, catalogue)
  ])
  const oddity = (name: string) => (findPair(catalogue, name) === undefined ? odd.get(name.toUpperCase()) : undefined)
  const pairs = [...needed].filter((pair) => isNews(x, pair, at))
  const assets = new Set([
    ...named.assets.flatMap((name) => findAsset(catalogue, name) ?? []),
    ...pairs.flatMap(({ base, quote }) => [base, quote])
  ])
  const strangers = [...assets].filter(({ id }) => !x.catalogue.assets.has(id))
  const gone = concerns(x, request).filter(
    (pair) => classes.has(pair.base.class) && isNewer(x, pair.id, at) && !isListed(catalogue, odd, pair)
  )
  const isEmpty = pairs.length + strangers.length + gone.length === 0
  return {
    params: isEmpty
      ? undefined
      : {
          seen: at,
          assets: Object.fromEntries(strangers.map((asset) => [asset.id, printAsset(asset)])),
          pairs: Object.fromEntries(pairs.map((pair) => [pair.id, printPair(pair, pair.status)])),
          gone: gone.map(({ id }) => id)
        },
    odd: named.pairs.flatMap((name) => {
      const reason = oddity(name)
      return reason === undefined ? [] : [`${name} can't be traded on paper: ${reason}`]
    }),
    unknown: [
      ...named.pairs.filter(
        (name) => !oddity(name) && [catalogue, x.catalogue].every((it) => findPair(it, name) === undefined)
      ),
      ...named.assets.filter((name) => [catalogue, x.catalogue].every((it) => findAsset(it, name) === undefined))
    ]
  }
}

const isListed = ({ pairs }: Catalogue, odd: Listed["odd"], { id }: Pair): boolean =>
  pairs.has(id) || odd.has(id.toUpperCase())

/** Names in parameters: texts, with commas or in lists, or objects with an `asset`. */
const namesIn = (params: Params, ...fields: ReadonlyArray<string>): ReadonlyArray<string> =>
  fields.flatMap((field) => namesOf(params[field]).filter((name) => name !== "" && name !== "all"))

const namesOf = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(namesOf)
  if (isObject(value)) return namesOf(value["asset"])
  return value === undefined || value === null
    ? []
    : String(value)
        .split(",")
        .map((name) => name.trim())
}

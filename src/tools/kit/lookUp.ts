import { Effect, Predicate } from "effect"
import { type Endpoint, endpoints, type Params } from "../../domain/endpoints/endpoints.ts"
import { KrakenClient, type ReadError } from "../../services/KrakenClient.ts"
import { optionalText, optionalTexts } from "./answerFields.ts"

/** The ids by which a tool reads rows. */
export interface Ids {
  /** The parameter that lists them. */
  readonly field: string
  /** Text on where to look for an id that was not found. */
  readonly elsewhere: string
}

/** Fields of an answer that lists rows by their ids. */
export const LookedUp = {
  note: optionalText,
  missing: optionalTexts,
  unchecked: optionalTexts
}

/** Points of the REST counter that the search for unknown ids in a refused list uses at most. */
const maximumCost = 8

interface Search {
  readonly lists: ReadonlyArray<ReadonlyArray<string>>
  readonly requests: number
  readonly rows: Readonly<Record<string, unknown>>
  readonly missing: ReadonlyArray<string>
  readonly unchecked: ReadonlyArray<string>
  /** An answer that does not consist of rows. The endpoint's schema refuses it. */
  readonly odd?: unknown
}

/**
 * Reads rows by their ids, which are comma-separated text, and lists the ids without a row. Kraken leaves out some unknown
 * ids and refuses the whole list for others. A refused list is halved until the unknown ids are found, or until the search
 * has cost 8 points of the REST counter: the ids that are left are `unchecked`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-orders-info read 2026-08-17
 */
export const lookUp = Effect.fnUntraced(function* (endpoint: Endpoint, params: Params, { elsewhere, field }: Ids) {
  const kraken = yield* KrakenClient
  const cost = Math.max(1, endpoints[endpoint].restCost)
  const asked = [...new Set(String(params[field]).split(","))]
  const start: Search = { lists: [asked], requests: 0, rows: {}, missing: [], unchecked: [] }
  const search = yield* Effect.iterate(start, {
    while: ({ lists }) => lists.length > 0,
    body: (search) => {
      const [ids = [], ...lists] = search.lists
      const requests = search.requests + 1
      if ((requests - 1) * cost > maximumCost) return Effect.succeed(stop(search))
      return kraken.read(endpoint, { ...params, [field]: ids.join(",") }).pipe(
        Effect.map((result): Search => {
          const isEmpty = Array.isArray(result) && result.length === 0
          if (!Predicate.isRecord(result) && !isEmpty) return { ...stop(search), odd: result }
          const rows = Predicate.isRecord(result) ? result : {}
          const missing = [...search.missing, ...ids.filter((id) => !Object.hasOwn(rows, id))]
          return { ...search, lists, requests, rows: { ...search.rows, ...rows }, missing }
        }),
        Effect.catchIf(isUnknownId, () =>
          Effect.succeed<Search>(
            ids.length === 1
              ? { ...search, lists, requests, missing: [...search.missing, ...ids] }
              : { ...search, lists: [...lists, ...halves(ids)], requests }
          )
        ),
        Effect.catchIf(
          (error) => search.requests > 0 && error._tag === "KrakenRateLimitError",
          () => Effect.succeed(stop(search))
        )
      )
    }
  })
  if ("odd" in search) return { result: search.odd, extra: {} }
  const { missing, rows, unchecked } = search
  const notes = [
    ...(missing.length > 0 ? [`missing has no rows. ${elsewhere}.`] : []),
    ...(unchecked.length > 0 ? ["unchecked was not looked up, to spare the rate budget: ask again for fewer ids."] : [])
  ]
  return {
    result: rows,
    extra: {
      ...(notes.length > 0 && { note: notes.join(" ") }),
      ...(missing.length > 0 && { missing }),
      ...(unchecked.length > 0 && { unchecked })
    }
  }
})

const stop = (search: Search): Search => ({ ...search, lists: [], unchecked: search.lists.flat() })

const halves = (ids: ReadonlyArray<string>) => {
  const middle = Math.ceil(ids.length / 2)
  return [ids.slice(0, middle), ids.slice(middle)]
}

/**
 * Checks that Kraken refused a list since it has an unknown id.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
const isUnknownId = (error: ReadError): boolean =>
  "codes" in error && error.codes.some((code) => /:\s*(invalid|unknown) (order|trade|ledger|txid|id)/i.test(code))

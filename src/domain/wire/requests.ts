import type { Params } from "../endpoints/endpoints.ts"

export interface Body {
  readonly contentType: "application/x-www-form-urlencoded" | "application/json"
  /** To be signed and sent as it is. */
  readonly text: string
}

/**
 * Body of a private call: a form, or JSON if a value is an array. The nonce comes first, then the one-time password if the
 * key has one. Parameters that are absent are left out, since Kraken refuses empty ones. The fields of an object travel in
 * a form as `close[price]`: `AddOrder` documents its conditional close in no other way.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order
 */
export const encodeBody = (nonce: string, params: Params, otp?: string): Body => {
  const fields: ReadonlyArray<Field> = [["nonce", nonce], ...given({ otp }), ...given(reserve(params))]
  return fields.some(([, value]) => Array.isArray(value))
    ? { contentType: "application/json", text: JSON.stringify(Object.fromEntries(fields), exact) }
    : { contentType: "application/x-www-form-urlencoded", text: form(fields.flatMap(bracketed)) }
}

/** Query of a public call, without the question mark. */
export const encodeQuery = (params: Params): string => form(given(params))

/** Names of the parameters that are sent, sorted. They may be logged; values may not. */
export const namesOf = (params: Params): ReadonlyArray<string> =>
  given(params)
    .map(([name]) => name)
    .toSorted()

type Field = readonly [name: string, value: unknown]

const given = (params: Params): Array<Field> =>
  Object.entries(params).filter(([, value]) => value !== undefined && value !== null)

/** The fields of an object, one by one, under its name: `close[ordertype]`, `close[price]`. */
const bracketed = ([name, value]: Field): Array<Field> =>
  typeof value === "object"
    ? given({ ...value }).flatMap(([key, inner]) => bracketed([`${name}[${key}]`, inner]))
    : [[name, value]]

/** No parameter stands in for what is ours to say. */
const reserve = (params: Params): Params => ({ ...params, nonce: undefined, otp: undefined })

const form = (fields: ReadonlyArray<Field>): string =>
  new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString()

const exact = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value)

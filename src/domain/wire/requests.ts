import { bigintAsText } from "./json.ts"
import type { Params } from "../endpoints/endpoints.ts"

interface Body {
  readonly contentType: "application/x-www-form-urlencoded" | "application/json"
  /** The text to sign and send unchanged. */
  readonly text: string
}

/**
 * Encodes the body of a private call: a form, or JSON if a value is an array. The nonce comes first, then the one-time
 * password if the key has one. Absent parameters are left out, since Kraken refuses empty ones. The fields of an object
 * are sent in a form as `close[price]`, the only form in which `AddOrder` documents its conditional close.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const encodeBody = (nonce: string, params: Params, otp?: string): Body => {
  const fields: ReadonlyArray<Field> = [["nonce", nonce], ...given({ otp }), ...given(reserve(params))]
  return fields.some(([, value]) => Array.isArray(value))
    ? { contentType: "application/json", text: JSON.stringify(Object.fromEntries(fields), bigintAsText) }
    : { contentType: "application/x-www-form-urlencoded", text: form(fields.flatMap(bracketed)) }
}

/** Encodes the query of a public call, without the question mark. */
export const encodeQuery = (params: Params): string => form(given(params))

/** Lists the names of the parameters that are sent, sorted. Names are safe to log; values are not. */
export const namesOf = (params: Params): ReadonlyArray<string> =>
  given(params)
    .map(([name]) => name)
    .toSorted()

type Field = readonly [name: string, value: unknown]

const given = (params: Params): Array<Field> =>
  Object.entries(params).filter(([, value]) => value !== undefined && value !== null)

/** Flattens the fields of an object under its name: `close[ordertype]`, `close[price]`. */
const bracketed = ([name, value]: Field): Array<Field> =>
  typeof value === "object"
    ? given({ ...value }).flatMap(([key, inner]) => bracketed([`${name}[${key}]`, inner]))
    : [[name, value]]

/** Removes `nonce` and `otp` from the parameters, since only this program sets them. */
const reserve = (params: Params): Params => ({ ...params, nonce: undefined, otp: undefined })

const form = (fields: ReadonlyArray<Field>): string =>
  new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString()

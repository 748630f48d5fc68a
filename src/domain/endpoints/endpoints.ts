import type { Schema } from "effect"
import { account } from "./account.ts"
import { earn } from "./earn.ts"
import type { Definition } from "./endpoint.ts"
import { exports } from "./exports.ts"
import { funding } from "./funding.ts"
import { market } from "./market.ts"
import { subaccounts } from "./subaccounts.ts"
import { trading } from "./trading.ts"

export type { Intent, Moves } from "./endpoint.ts"

/** The parts of Kraken's API. */
const parts = { market, account: { ...account, ...exports }, trading, funding, earn, subaccounts }

const table = {
  ...parts.market,
  ...parts.account,
  ...parts.trading,
  ...parts.funding,
  ...parts.earn,
  ...parts.subaccounts
}

/**
 * An endpoint that this program knows. `public/…` is a GET that needs no key; `private/…` is a signed POST. Kraken's
 * paths are case-sensitive.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-intro read 2026-08-17
 */
export type Endpoint = keyof typeof table

/** The decoded `result` of an endpoint. */
export type Result<E extends Endpoint> = Schema.Schema.Type<(typeof table)[E]["result"]>

type Definitions = {
  readonly [E in Endpoint]: Definition<
    (typeof table)[E]["intent"],
    Schema.Schema<Result<E>, Schema.Schema.Encoded<(typeof table)[E]["result"]>>
  >
}

/** The definition of each endpoint. The table is closed: no other endpoint can be called. */
export const endpoints: Definitions = table

/** A part of Kraken's API, named like the toolset for it. */
export type Part = keyof typeof parts

/** Recognises the name of a part. */
export const isPart = (name: string): name is Part => Object.hasOwn(parts, name)

const partOf: ReadonlyMap<string, Part> = new Map(
  Object.entries(parts).flatMap(([part, definitions]) =>
    isPart(part) ? Object.keys(definitions).map((endpoint) => [endpoint, part] as const) : []
  )
)

/** Checks that an endpoint belongs to one of some parts of Kraken's API. */
export const isIn = (endpoint: Endpoint, wanted: ReadonlyArray<Part>): boolean =>
  wanted.some((part) => part === partOf.get(endpoint))

export type PublicEndpoint = Extract<Endpoint, `public/${string}`>
export type PrivateEndpoint = Exclude<Endpoint, PublicEndpoint>

/** Endpoints that never change anything. */
export type ReadEndpoint = { [E in Endpoint]: Definitions[E]["intent"] extends "read" ? E : never }[Endpoint]

/** Endpoints that can change something. With some parameters, such as `validate`, a few of them only read. */
export type WriteEndpoint = Exclude<Endpoint, ReadEndpoint>

/** Endpoints that return bytes instead of JSON. */
export type FileEndpoint = { [E in Endpoint]: Result<E> extends Uint8Array ? E : never }[Endpoint]

/** The parameters of a call. Decimals are strings, `undefined` is left out, and a list makes the body JSON. */
export type Params = { readonly [name: string]: unknown }

export const isEndpoint = (name: string): name is Endpoint => Object.hasOwn(endpoints, name)

export const isPrivate = (endpoint: Endpoint): endpoint is PrivateEndpoint => endpoints[endpoint].scope === "private"

export const isWrite = (endpoint: Endpoint): endpoint is WriteEndpoint => endpoints[endpoint].intent !== "read"

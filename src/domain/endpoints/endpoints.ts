/** `public/…` is a GET that needs no key; `private/…` is a signed POST. Case matters to Kraken. */
export type Endpoint = `public/${string}` | `private/${string}`

/** What a call does to the account, in rising order of regret. Only `read` is ever sent twice. */
export type Intent = "read" | "write" | "destroy"

/** Parameters of a call: decimals as strings; `undefined` is left out; lists make the body JSON. */
export type Params = { readonly [name: string]: unknown }

export const isPrivate = (endpoint: Endpoint): boolean => endpoint.startsWith("private/")

/** A command by which a client starts the server. */
export interface Start {
  readonly _tag: "Stdio"
  readonly command: string
  readonly args: ReadonlyArray<string>
}

/** An address at which a client calls the server with a token. */
export interface Address {
  readonly _tag: "Http"
  readonly url: string
  readonly token: string
}

/** The way in which a client reaches the server. */
export type Connection = Start | Address

/** The name under which clients list the server. */
export const serverName = "kraken"

/** The placeholder of a token that is not made yet. */
export const noToken = "mck_…"

/** Writes the value of the header that carries a token. */
export const bearer = (token: string): string => `Bearer ${token}`

/** A request as it came over the wire. Names of headers are lower-case. */
export interface Request {
  readonly method: string
  /** Without the query, e.g. `/0/private/AddOrder`. */
  readonly path: string
  readonly query: string
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

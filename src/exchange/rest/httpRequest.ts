/** An HTTP request. Header names are lower-case. */
export interface HttpRequest {
  readonly method: string
  /** Path without the query, e.g. `/0/private/AddOrder`. */
  readonly path: string
  readonly query: string
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

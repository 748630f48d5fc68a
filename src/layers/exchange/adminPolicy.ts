import { isLoopback } from "../network/loopback.ts"

type Headers = { readonly [name: string]: string | undefined }

/**
 * Checks that a request is allowed to administer the exchange. It must come from this machine, name this machine in
 * `Host`, and carry no header of a browser or a proxy, through which others could send requests from this machine.
 */
export const mayAdminister = (address: string | undefined, headers: Headers): boolean =>
  isLoopback((address ?? "").replace(/^::ffff:/, "")) &&
  isLoopback((headers["host"] ?? "").replace(/:\d+$/, "").toLowerCase()) &&
  foreign.every((name) => headers[name] === undefined)

const foreign = ["origin", "sec-fetch-site", "forwarded", "x-forwarded-for", "via"]

import { isLoopback } from "../network/loopback.ts"

type Headers = { readonly [name: string]: string | undefined }

/**
 * Whether a request may administer the exchange: it comes from this machine, asks for this machine by name, and has
 * passed neither a browser page nor a proxy, which would come from this machine in somebody else's name.
 */
export const mayAdminister = (address: string | undefined, headers: Headers): boolean =>
  isLoopback((address ?? "").replace(/^::ffff:/, "")) &&
  isLoopback((headers["host"] ?? "").replace(/:\d+$/, "").toLowerCase()) &&
  foreign.every((name) => headers[name] === undefined)

const foreign = ["origin", "sec-fetch-site", "forwarded", "x-forwarded-for", "via"]

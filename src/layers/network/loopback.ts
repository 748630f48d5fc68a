import { isIPv6 } from "node:net"

/** Checks that a host name or address is this machine, in any spelling: `LOCALHOST`, `127.1`, `::1` without brackets. */
export const isLoopback = (hostname: string): boolean => {
  const host = canonical(isIPv6(hostname) ? `[${hostname}]` : hostname)
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Spells a host as a URL does. Empty for other text, such as a host with a port. */
const canonical = (host: string): string =>
  /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(host) && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ""

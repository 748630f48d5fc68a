/** The host of a URL by which this machine reaches what listens on an address. */
export const reachable = (host: string): string => {
  if (host === "0.0.0.0" || host === "::") return "localhost"
  return host.includes(":") ? `[${host}]` : host
}

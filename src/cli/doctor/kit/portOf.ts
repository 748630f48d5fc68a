/** Reads the port of the address of a server. Undefined for `stdio`. */
export const portOf = (address: string): number | undefined => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url === undefined ? undefined : Number(url.port || (url.protocol === "https:" ? 443 : 80))
}

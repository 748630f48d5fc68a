import { channelFaultKinds, faultKinds } from "../../src/exchange/rest/faults.ts"
import { keyKinds } from "../../src/exchange/rest/keys.ts"

const table = (head: string, entries: { readonly [name: string]: { readonly about: string } }): string =>
  [
    `| ${head} |`,
    "| --- | --- |",
    ...Object.entries(entries).map(([name, { about }]) => `| \`${name}\` | ${about} |`)
  ].join("\n")

/** Makes the table of the test exchange's keys, one of each kind. */
export const keysTable = (): string => table("Key | Permissions and properties", keyKinds)

/** Makes the table of the faults of the test exchange's WebSocket channels. */
export const channelFaultsTable = (): string => table("Fault | What the exchange does", channelFaultKinds)

/** Makes the table of the faults that the test exchange can be asked to produce. */
export const faultsTable = (): string => table("Fault | What the exchange does", faultKinds)

import { faultKinds } from "../../src/exchange/rest/faults.ts"
import { kinds } from "../../src/exchange/rest/keys.ts"

const table = (head: string, entries: { readonly [name: string]: { readonly about: string } }): string =>
  [
    `| ${head} |`,
    "| --- | --- |",
    ...Object.entries(entries).map(([name, { about }]) => `| \`${name}\` | ${about} |`)
  ].join("\n")

/** One key of each kind of the exchange for tests. */
export const keysTable = (): string => table("Key | What it may do", kinds)

/** What the exchange for tests can be asked to get wrong. */
export const faultsTable = (): string => table("Fault | What the exchange does", faultKinds)

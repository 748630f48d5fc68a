/** Writes the sentence about a state folder without a record: a stop of it reaches no server that uses another one. */
export const unusedFolder = (stateDir: string): string =>
  `${stateDir} has no record, so no write was sent through this state folder. Servers that use another one are not frozen: name theirs in MCP_KRAKEN_STATE_DIR, and run this again.`

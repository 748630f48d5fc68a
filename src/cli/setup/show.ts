import { stringify } from "smol-toml"
import type { Client } from "./clients/clients.ts"
import { type Connection, serverName } from "./kit/connection.ts"
import type { Place } from "./kit/place.ts"
import { shellText } from "./kit/shellText.ts"

/** Prints the configuration of a client, as its file has it. */
export const configText = ({ entry, format, key }: Client, connection: Connection): string => {
  const servers = { [key]: { [serverName]: entry(connection) } }
  return format === "toml" ? stringify(servers).trim() : JSON.stringify(servers, undefined, 2)
}

/** Prints the ways to add the server to a client: its own command, if it has one for this connection, and its file. */
export const describeClient = (client: Client, file: string, connection: Connection, place: Place): string => {
  const command =
    client.own === undefined || connection._tag === "Http"
      ? undefined
      : shellText([client.own.program, ...client.own.add(connection)], place.platform)
  return [
    command === undefined ? `${client.title}, in ${file}:` : `${client.title}:\n${command}\n\nor in ${file}:`,
    configText(client, connection)
  ].join("\n")
}

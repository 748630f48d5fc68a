import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Match } from "effect"
import type { ToolError } from "./toolsets.ts"

/** What the model should do next. Exhaustive: a new error does not compile until it has advice. */
const advice = Match.typeTags<ToolError>()({
  InvalidArguments: () => "Nothing was sent. Correct the arguments and call again.",
  ReadOnlyMode: () => "Nothing was sent. Do not retry; ask the user if they want a server that may write.",
  NotOffered: ({ instead }) => `Call ${instead} instead.`,
  UnknownName: () =>
    "Nothing was sent. Call again with one of these names, or look it up with get_asset_pairs or get_assets.",
  KrakenCredentialsMissing: () =>
    "Ask the user to configure KRAKEN_API_KEY and KRAKEN_API_SECRET. Public market tools work without them.",
  KrakenAuthError: ({ reason }) =>
    reason === "nonce"
      ? "Nothing was done. Another program uses the same API key: ask the user to give this server a key of its own."
      : "Nothing was done. Do not retry: repeated failures lock the key out. Ask the user to check the API key.",
  KrakenPermissionError: () =>
    "Nothing was done. Do not retry; ask the user to change the API key on kraken.com (Account → Security → API).",
  KrakenRateLimitError: ({ retryAfterSeconds }) =>
    `Nothing was done. Call again in ${retryAfterSeconds} s, not before.`,
  KrakenLockout: () =>
    "Nothing was done. Do not make private calls before that time. Ask the user to check the API key.",
  KrakenOrderError: () => "Kraken refused it and nothing was done. Do not repeat it unchanged.",
  KrakenMarketModeError: () => "Nothing was done. See get_system_status; try again when the market is back.",
  KrakenFundingError: () => "Kraken refused it and nothing was done. Do not repeat it unchanged.",
  KrakenArgumentsError: () => "Kraken refused it and nothing was done. Correct the arguments.",
  KrakenRejection: () => "Kraken refused it and nothing was done. Do not repeat it unchanged.",
  KrakenUnavailable: () => "Nothing was changed. Try again in a minute; get_system_status says whether Kraken is up.",
  KrakenUnreadable: ({ carriedOut }) =>
    carriedOut
      ? "It happened: do not repeat it. Read the account to see the result."
      : "Tell the user; a retry will not help.",
  RecordUnavailable: () =>
    "The record cannot be read. Do not retry; tell the user that the server's log has the details.",
  ToolDefect: ({ outcome }) => defects[outcome],
  KrakenOutcomeUnknown: ({ safeToRepeat }) =>
    safeToRepeat
      ? "Repeating it is safe: doing it twice is the same as doing it once."
      : "Do NOT repeat it: it may have happened. Check first, and tell the user.",
  KrakenWriteRefused: () => "Nothing was sent.",
  KrakenWriteBlocked: () =>
    "Nothing was sent now, but the earlier call may have happened: check that first, and tell the user.",
  KrakenNotRecorded: () =>
    "Nothing was sent. Do not retry: ask the user to see to it that this server can write its record in the state folder.",
  KrakenPrecheckFailed: () => "Nothing was sent. Try again in a minute; if it stays so, tell the user.",
  PaperAccountBroken: () => "Nothing was done, and a retry will not help: ask the user to run that command.",
  KrakenNotPlaced: () => "It surely did not happen. It is safe to send it again if it is still wanted."
})

const defects = {
  nothing: "Nothing was changed. Do not retry; tell the user that the server's log has the details.",
  done: "It happened: do NOT repeat it. Its ids are in Kraken's answer. Tell the user that the server's log has the details.",
  unknown: "It may have happened. Do NOT repeat it: check the account first, and tell the user."
}

/** An error and what to do next, in words. */
export const words = (error: ToolError): string => `${error._tag}: ${error.message}\n${advice(error)}`

/** Text only: clients check `structuredContent` against the output schema even when `isError` is set. */
export const render = (error: ToolError): Mcp.CallToolResult => ({
  isError: true,
  content: [{ type: "text", text: words(error) }]
})

import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Match } from "effect"
import { escapeLines } from "../domain/wire/escapeText.ts"
import type { ApprovalPending } from "../services/Approvals.ts"
import { refusalData } from "../services/LimitErrors.ts"
import type { ToolError } from "./toolsets.ts"

/** Advice for the model. The match is exhaustive: a new error does not compile until it has advice. */
const advice = Match.typeTags<ToolError>()({
  InvalidArguments: () => "Nothing was sent. Correct the arguments and call again.",
  ReadOnlyMode: () => "Nothing was sent. Do not retry; ask the user whether to use a server that can write.",
  NotOffered: ({ instead }) => `Call ${instead} instead.`,
  UnknownName: () =>
    "Nothing was sent. Call again with one of these names, or look it up with get_asset_pairs or get_assets.",
  KrakenCredentialsMissing: ({ settings }) =>
    `Ask the user to configure ${settings}. Public market tools work without them.`,
  KrakenAuthError: ({ clockLag, reason }) => {
    if (reason !== "nonce")
      return "Nothing was done. Do not retry: repeated failures lock the key out. Ask the user to check the API key."
    return clockLag === undefined
      ? "Nothing was done. Another program uses the same API key: ask the user to create a separate key for this server."
      : "Nothing was done. Ask the user to set the clock of the machine that this server runs on; then call again."
  },
  KrakenPermissionError: () =>
    "Nothing was done. Do not retry; ask the user to change the API key on kraken.com (Account → Security → API).",
  KrakenRateLimitError: ({ retryAfterSeconds }) =>
    `Nothing was done. Wait ${retryAfterSeconds} s before the next call.`,
  KrakenLockout: () =>
    "Nothing was done. Do not make private calls before that time. Ask the user to check the API key.",
  KrakenOrderError: () => "Kraken refused it and nothing was done. Do not repeat it unchanged.",
  KrakenMarketModeError: () => "Nothing was done. See get_system_status; try again when the market is open again.",
  KrakenFundingError: ({ codes }) =>
    codes.some((code) => /^EEarnings:\s*Busy/i.test(code))
      ? "Nothing was done: an earlier allocation or deallocation of this strategy is still in progress. Call get_earn_allocation_status or get_earn_deallocation_status until it is no longer pending, and then call again."
      : "Kraken refused it and nothing was done. Do not repeat it unchanged.",
  KrakenArgumentsError: () => "Kraken refused it and nothing was done. Correct the arguments.",
  KrakenRejection: () => "Kraken refused it and nothing was done. Do not repeat it unchanged.",
  KrakenUnavailable: ({ status }) => {
    switch (status) {
      case 403:
        return "Nothing was changed, and a retry will not help: the network in front of Kraken refuses the address of this server. Ask the user to look for a VPN, a proxy or a blocked region."
      case 451:
        return "Nothing was changed, and a retry will not help: Kraken does not serve the region of this server's address. Ask the user."
      default:
        return "Nothing was changed. Try again in a minute; get_system_status says whether Kraken is up."
    }
  },
  KrakenUnreadable: ({ carriedOut }) =>
    carriedOut
      ? "It was carried out: do not repeat it. Read the account to see the result."
      : "Tell the user; a retry will not help.",
  RecordUnavailable: () =>
    "The record cannot be read. Do not retry; tell the user that the server's log has the details.",
  NotAllowed: () =>
    "Nothing was sent. Do not retry; get_my_mandate shows what is allowed. The user can read docs/authority.md.",
  LimitReached: ({ availableAt, limit }) => {
    if (availableAt === undefined)
      return "Nothing was sent. Ask for less, or close what is open; get_my_mandate shows what is left. The user can read docs/authority.md."
    const isOfCalls = limit === "rate" || limit.startsWith("calls/")
    return `Nothing was sent. ${isOfCalls ? "Try" : "Ask for less, or try"} again at that time; get_my_mandate shows what is left.`
  },
  Frozen: () =>
    "Nothing was sent. Do not retry; tell the user, who can read docs/authority.md. Reads and cancels work.",
  MandateChanged: () =>
    "Nothing was sent. Look at get_my_mandate, and call again if it still fits: the new limits apply.",
  ApprovalPending: ({ plan }) =>
    `Nothing was sent. Tell the user that it waits for approval. Once approved, it is sent automatically: do NOT send it again, changed or unchanged. Call get_approval with id ${plan} later for the outcome.`,
  ApprovalDenied: () => "Nothing was sent. Do not send it again, changed or unchanged; tell the user.",
  ApprovalUsed: ({ plan }) =>
    `Nothing was sent now. Call get_approval with id ${plan} for the outcome. Only if the user wants another one, call again with repeat: true.`,
  ApprovalVoid: () => "Nothing was sent. Tell the user; call again only if it is still wanted.",
  TooManyPlans: () => "Nothing was sent. Do not retry; tell the user, and wait until a person has decided them.",
  TooManyAlerts: ({ of }) =>
    of === "caller"
      ? "Nothing was created. Delete one with delete_alert."
      : "Nothing was created. Do not retry; tell the user.",
  NoApprover: () => "Nothing was sent. Do not retry; ask the user to read docs/authority.md.",
  ToolDefect: ({ outcome }) => defects[outcome],
  KrakenOutcomeUnknown: ({ safeToRepeat }) =>
    safeToRepeat
      ? "Repeating it is safe: a second call has no further effect."
      : "Do NOT repeat it: it might have been carried out. Check first, and tell the user.",
  KrakenWriteRefused: () => "Nothing was sent.",
  KrakenWriteBlocked: () =>
    "Nothing was sent now, but the earlier call might have been carried out: check that first, and tell the user.",
  KrakenNotRecorded: () =>
    "Nothing was sent. Do not retry: ask the user to check that this server can write its record in the state folder.",
  KrakenPrecheckFailed: () => "Nothing was sent. Try again in a minute; if it fails again, tell the user.",
  PaperAccountBroken: () => "Nothing was done, and a retry will not help: ask the user to read that page.",
  KrakenNotPlaced: () => "It was definitely not carried out. It can be sent again if it is still wanted."
})

const defects = {
  nothing: "Nothing was changed. Do not retry; tell the user that the server's log has the details.",
  done: "It was carried out: do NOT repeat it. Its ids are in Kraken's answer. Tell the user that the server's log has the details.",
  unknown: "It might have been carried out. Do NOT repeat it: check the account first, and tell the user."
}

/** Describes an error and what to do next. */
export const errorText = (error: ToolError): string => `${error._tag}: ${escapeLines(error.message)}\n${advice(error)}`

/**
 * Renders an error as text: clients check `structuredContent` against the output schema even when `isError` is set. The
 * data of a refusal by limits, and of a write that waits for a person, is in `_meta`, for programs.
 */
export const render = (error: ToolError): Mcp.CallToolResult => {
  const refusal = refusalData(error)
  const pending = error._tag === "ApprovalPending" ? pendingData(error) : undefined
  return {
    isError: true,
    content: [{ type: "text", text: errorText(error) }],
    ...(refusal !== undefined && { _meta: { "mcp-kraken/refusal": refusal } }),
    ...(pending !== undefined && { _meta: { "mcp-kraken/approval": pending } })
  }
}

const pendingData = ({ asks, expiresAt, plan }: ApprovalPending) => ({
  id: plan,
  asks,
  expires_at: expiresAt.epochMillis / 1000
})

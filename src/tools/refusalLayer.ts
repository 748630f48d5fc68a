import { Match } from "effect"
import type { ToolError } from "./toolsets.ts"

/** The layers that can refuse a call, in the order in which it passes them. */
export type RefusalLayer =
  | "arguments"
  | "policy"
  | "key"
  | "duplicates"
  | "mandate"
  | "server"
  | "approvals"
  | "writer"
  | "record"
  | "stop"
  | "alerts"
  | "rate"
  | "kraken"

const by = (layer: RefusalLayer) => () => layer
const none = () => undefined

/** Names the layer that refused a call; undefined for an error that is no refusal. A new error does not compile without one. */
export const refusalLayer: (error: ToolError) => RefusalLayer | undefined = Match.typeTags<
  ToolError,
  RefusalLayer | undefined
>()({
  InvalidArguments: by("arguments"),
  UnknownName: by("arguments"),
  ReadOnlyMode: by("policy"),
  NotOffered: by("kraken"),
  KrakenCredentialsMissing: by("key"),
  KrakenAuthError: by("kraken"),
  KrakenPermissionError: ({ refusedBy }) => (refusedBy === "Kraken" ? "kraken" : "key"),
  KrakenRateLimitError: ({ refusedBy }) => (refusedBy === "Kraken" ? "kraken" : "rate"),
  KrakenLockout: by("rate"),
  KrakenOrderError: by("kraken"),
  KrakenMarketModeError: by("kraken"),
  KrakenFundingError: by("kraken"),
  KrakenArgumentsError: by("kraken"),
  KrakenRejection: by("kraken"),
  KrakenUnavailable: none,
  KrakenUnreadable: none,
  RecordUnavailable: by("record"),
  NotAllowed: ({ layer }) => layer,
  LimitReached: ({ layer }) => layer,
  Frozen: by("stop"),
  MandateChanged: by("mandate"),
  ApprovalPending: by("approvals"),
  ApprovalDenied: by("approvals"),
  ApprovalUsed: by("approvals"),
  ApprovalVoid: by("approvals"),
  TooManyPlans: by("approvals"),
  TooManyAlerts: by("alerts"),
  NoApprover: by("approvals"),
  ToolDefect: none,
  KrakenOutcomeUnknown: none,
  KrakenWriteRefused: by("writer"),
  KrakenWriteBlocked: by("duplicates"),
  KrakenNotRecorded: by("record"),
  KrakenPrecheckFailed: by("writer"),
  PaperAccountBroken: none,
  KrakenNotPlaced: none
})

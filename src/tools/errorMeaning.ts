import { Match } from "effect"
import type { CallFailure } from "../services/CallFailure.ts"
import type { ToolError } from "./toolsets.ts"

const usage = (): CallFailure => "usage"
const refused = (): CallFailure => "refused"

/** Tells a program the meaning of an error. The match is exhaustive: a new error does not compile until it has one. */
export const errorMeaning: (error: ToolError) => CallFailure = Match.typeTags<ToolError, CallFailure>()({
  InvalidArguments: usage,
  UnknownName: usage,
  ReadOnlyMode: refused,
  NotOffered: refused,
  KrakenCredentialsMissing: refused,
  KrakenAuthError: refused,
  KrakenPermissionError: refused,
  KrakenRateLimitError: refused,
  KrakenLockout: refused,
  KrakenOrderError: refused,
  KrakenMarketModeError: refused,
  KrakenFundingError: refused,
  KrakenArgumentsError: refused,
  KrakenRejection: refused,
  KrakenUnavailable: refused,
  KrakenUnreadable: ({ carriedOut }) => (carriedOut ? "unknown" : "refused"),
  RecordUnavailable: refused,
  NotAllowed: refused,
  LimitReached: refused,
  Frozen: refused,
  MandateChanged: refused,
  ApprovalPending: () => "waiting",
  ApprovalDenied: refused,
  ApprovalUsed: () => "duplicate",
  ApprovalVoid: refused,
  TooManyPlans: refused,
  TooManyAlerts: refused,
  NoApprover: refused,
  ToolDefect: ({ outcome }) => (outcome === "nothing" ? "refused" : "unknown"),
  KrakenOutcomeUnknown: () => "unknown",
  KrakenWriteRefused: refused,
  KrakenWriteBlocked: () => "unknown",
  KrakenNotRecorded: refused,
  KrakenPrecheckFailed: refused,
  PaperAccountBroken: refused,
  KrakenNotPlaced: () => "notPlaced"
})

import { actOf } from "../../domain/approvals/actOf.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import type { Notice } from "../../services/Notifier.ts"

/** The most characters of a name in a notice. */
const longestName = 60

/** Quotes a name that an owner or another program gave, so that it cannot pass for words of this server. */
const quoted = (name: string): string => `"${escapeText(name.slice(0, longestName).replaceAll('"', "'"))}"`

/** The texts of a notice. Neither holds an amount. */
export interface NoticeText {
  readonly title: string
  readonly message: string
}

/** Writes a notice for a person. `account` is the Kraken account that it is about, if that has a name. */
export const noticeText = (notice: Notice, account?: string): NoticeText => {
  const { message, title } = textOf(notice)
  return { title: account === undefined ? title : title.replace(/^Kraken/, `Kraken (${account})`), message }
}

const textOf = (notice: Notice): NoticeText => {
  switch (notice._tag) {
    case "ApprovalAsked":
      return {
        title: "Kraken: an approval waits",
        message: `${quoted(notice.caller)} asks to ${actOf(notice.endpoint)} (approval ${notice.plan}).`
      }
    case "OutcomeUnknown":
      return {
        title: "Kraken: the outcome of a write is unknown",
        message: `${quoted(notice.caller)} asked to ${actOf(notice.endpoint)}, and it is unknown whether that happened (row ${notice.seq} of the record). Look at the account.`
      }
    case "Stopped":
      return {
        title: "Kraken: trading was stopped",
        message: `All writes except cancels were stopped by ${quoted(notice.by)}.`
      }
    case "WithdrawalRefused":
      return {
        title: "Kraken: a withdrawal was refused",
        message: `${quoted(notice.caller)} asked for a withdrawal that was refused (${escapeText(notice.error)}).`
      }
    case "AlertFired":
      return {
        title: "Kraken: an alert fired",
        message: `Alert ${notice.alert} of ${quoted(notice.caller)} (${notice.kind}) fired${notice.missed ? ", after a time in which nobody watched" : ""}.`
      }
    case "BudgetNearlyUsed":
      return {
        title: "Kraken: a budget is nearly used",
        message: `${notice.layer === "server" ? "All callers together have" : `${quoted(notice.caller)} has`} used four fifths or more of ${escapeText(notice.limit)}.`
      }
  }
}

import { Effect, Option } from "effect"
import { authorityOf } from "../../../layers/access/record/authority.ts"
import { secretIn } from "../../../layers/access/record/emergency.ts"
import { mandateFields } from "../../../layers/settings/mandateSettings.ts"
import { canWrite } from "../kit/canWrite.ts"
import { type Check, type Finding, info, warning } from "../kit/finding.ts"
import type { Installation } from "../kit/installation.ts"

/** The limits of callers without a token, and the ways in which an operator learns of approvals and answers them. */
export const authorityCheck: Check = {
  name: "authority",
  run: Effect.fnUntraced(function* (installation: Installation) {
    const page = installation.stdio
      ? Option.none()
      : installation.config("operator", "port", "sslKeyFile", "sslCertFile")
    const hasPage = Option.exists(page, ({ operator }) => operator !== undefined)
    const isClosed = hasPage && (yield* hasNoSecret(installation))
    if (!canWrite(installation)) return isClosed ? [closed] : []
    return [
      ...(isUnlimited(installation) ? [unlimited] : []),
      ...(isClosed ? [closed] : []),
      ...(Option.isSome(page) && !hasPage ? [noPage] : []),
      ...(Option.exists(installation.config("notify"), ({ notify }) => notify === undefined) ? [noNotice] : [])
    ]
  })
}

/** Tells whether callers need no token, and no setting limits them. */
const isUnlimited = ({ config, stdio }: Installation): boolean =>
  (stdio || Option.exists(config("authDisabled"), ({ authDisabled }) => authDisabled)) &&
  Option.exists(
    config(...mandateFields, "serverMax", "serverAsk"),
    ({ localMandate, serverLimits }) => Option.isNone(localMandate) && Option.isNone(serverLimits)
  )

/** Tells whether the record has no operator secret. False if it cannot be read. */
export const hasNoSecret = ({ config }: Installation) =>
  Option.match(config("stateDir", "databaseUrl", "databaseUrlFile"), {
    onNone: () => Effect.succeed(false),
    onSome: ({ databaseUrl, stateDir }) =>
      Effect.map(
        Effect.flatMap(authorityOf({ databaseUrl, stateDir }), ({ look }) => look(secretIn, "2 seconds")),
        (look) => look._tag === "Missing" || (look._tag === "Read" && look.value === undefined)
      )
  })

const unlimited: Finding = info(
  "limits.none",
  "Callers without a token have no limits: they can do all that the API key can.",
  "Set limits, for example MCP_KRAKEN_BUDGET=500USD, or MCP_KRAKEN_READ_ONLY=true."
)

const closed: Finding = warning(
  "operator.page-closed",
  "Nobody can log in to the page for approvals (MCP_KRAKEN_OPERATOR), since no operator passphrase is set.",
  "Set one with operator init."
)

const noPage: Finding = info(
  "operator.no-page",
  "Approvals are answered on a terminal only, since MCP_KRAKEN_OPERATOR is not set.",
  "Set it if somebody has to answer them from a browser."
)

const noNotice: Finding = info(
  "notify.none",
  "Nobody is told of approvals, unknown outcomes and stops, since MCP_KRAKEN_NOTIFY is not set.",
  "Set it to an ntfy topic or a webhook."
)

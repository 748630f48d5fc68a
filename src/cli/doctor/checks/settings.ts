import { Effect } from "effect"
import * as Needs from "../../../layers/settings/needs.ts"
import { lookalikes, unknownSettings } from "../../../layers/settings/unknown.ts"
import { type Check, error, type Finding, info, warning } from "../kit/finding.ts"
import type { Installation } from "../kit/installation.ts"

/** Problems with the settings, as the server itself finds them when it starts. */
export const settingsCheck: Check = {
  name: "settings",
  run: (installation) => Effect.sync(() => findings(installation))
}

const findings = ({ dotenv, overStdio, served, stdio, unread, variables }: Installation): ReadonlyArray<Finding> => {
  const unknown = new Set([
    ...unknownSettings(variables, stdio ? Needs.overStdio : Needs.overHttp),
    ...lookalikes(variables)
  ])
  const notices = served.config.notices.filter(
    (notice) => !unknown.has(notice) && !isReportedElsewhere(notice, { dotenv: dotenv.name, unread })
  )
  return [
    ...served.problems
      .filter((problem) => !unknown.has(problem) && problem !== `${unread} is not read.`)
      .map((problem) => error("settings.invalid", problem, "Correct it: the server refuses to start.")),
    ...Array.from(unknown, (problem) =>
      served.problems.includes(problem)
        ? error("settings.unknown", problem, "Correct its name or remove it: the server refuses to start.")
        : warning("settings.unknown", problem, "Correct its name or remove it.")
    ),
    ...notices.map((notice) =>
      harmless.test(notice) ? info("settings.notice", notice) : warning("settings.notice", notice)
    ),
    ...unreadFile(unread),
    ...(stdio
      ? []
      : overStdio.problems
          .filter((problem) => !served.problems.includes(problem))
          .map((problem) =>
            info("settings.stdio", `serve --stdio with these variables would refuse to start: ${problem}`)
          ))
  ]
}

/** Notices about settings that have no effect and do no harm. */
const harmless = / does nothing: |is not used in paper mode/

/** Tells the notice of an unread file, and that of a file that others can read, which other findings report. */
const isReportedElsewhere = (
  notice: string,
  files: { readonly dotenv: string | undefined; readonly unread: string | undefined }
): boolean => notice.startsWith(`${files.unread} is not read`) || notice.endsWith(`chmod 600 ${files.dotenv}`)

const unreadFile = (file: string | undefined): ReadonlyArray<Finding> =>
  file === undefined
    ? []
    : [
        warning(
          "settings.env-unread",
          `The file ${file} is not read.`,
          "Name it with --env-file, or remove it if it is not meant for this server."
        )
      ]

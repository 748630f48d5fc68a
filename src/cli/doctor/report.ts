import { Option, Redacted } from "effect"
import { version } from "../../version.ts"
import { escapeLines, escapeText } from "../../domain/wire/escapeText.ts"
import type { Finding } from "./kit/finding.ts"
import type { Home } from "./home.ts"
import { type Installation, krakenFields } from "./kit/installation.ts"

export interface Report {
  readonly findings: ReadonlyArray<Finding>
  /** Null if only Node was checked, since it is too old for the other checks. */
  readonly home: Home | null
}

/** Checks that nothing is wrong or weak. Information and the grade do not count. */
export const isHealthy = ({ findings }: Report): boolean => findings.every(({ severity }) => severity === "info")

/** Replaces the API key and its secrets in findings, should a text of another program ever quote one. */
export const withoutSecrets = (findings: ReadonlyArray<Finding>, { config }: Installation): ReadonlyArray<Finding> => {
  const credentials = Option.toArray(config(...krakenFields)).flatMap((config) =>
    [config, ...config.accounts].flatMap(({ credentials }) => Option.toArray(credentials))
  )
  const secrets = credentials
    .flatMap(({ key, otp, secret }) => [key, secret, ...Option.toArray(otp)])
    .map(Redacted.value)
    // Masking a shorter text would damage ordinary words.
    .filter(({ length }) => length >= 4)
  return findings.map((finding) => ({
    ...finding,
    problem: secrets.reduce((text, secret) => text.replaceAll(secret, "***"), finding.problem)
  }))
}

/** Prints a report as JSON. The names of fields and the ids of findings stay in later versions. */
export const toJson = (report: Report, stdio: boolean): string =>
  escapeLines(
    JSON.stringify(
      { version, transport: stdio ? "stdio" : "http", healthy: isHealthy(report), ...report },
      undefined,
      2
    )
  )

/** Prints a report for people. `file` is the name of the file of settings that was read, if there is one. */
export const toText = ({ findings, home }: Report, stdio: boolean, file: string | undefined): string => {
  const from = file === undefined ? "the environment" : `the environment and ${file}`
  const count = (severity: Finding["severity"], one: string, many: string) => {
    const n = findings.filter((finding) => finding.severity === severity).length
    return n === 0 ? [] : [`${n} ${n === 1 ? one : many}`]
  }
  const counts = [...count("error", "error", "errors"), ...count("warning", "warning", "warnings")]
  return [
    `mcp-kraken ${version}, checked as a server over ${stdio ? "stdio" : "HTTP"} with the settings of ${from}`,
    "",
    ...findings.flatMap(({ id, problem, remedy, severity }) => [
      `${severity.padEnd(7)}  ${id}`,
      `  ${problem}`,
      ...(remedy === undefined ? [] : [`  → ${remedy}`])
    ]),
    ...(findings.length === 0 ? [] : [""]),
    ...(home === null ? ["Nothing else was checked."] : linesOf(home)),
    "",
    counts.length === 0 ? "Nothing is wrong." : `Found ${counts.join(" and ")}.`
  ]
    .map(escapeText)
    .join("\n")
}

const linesOf = ({ grade, known, meaning, unknown }: Home): ReadonlyArray<string> => [
  `Home: ${grade} (${meaning})`,
  ...known.map((fact) => `  ${fact}`),
  "  Not visible from here:",
  ...unknown.map((fact) => `  - ${fact}`)
]

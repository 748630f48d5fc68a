import { type Setting, settings } from "../../src/layers/settings/settingDefinitions.ts"

const all: ReadonlyArray<Setting<unknown>> = Object.values(settings)

/** Settings of one section. */
type Section = readonly [heading: string | undefined, settings: ReadonlyArray<Setting<unknown>>]

/** The settings by their sections. */
const sections: ReadonlyArray<Section> = [...new Set(all.map(({ section }) => section))].map((heading) => [
  heading,
  all.filter(({ section }) => section === heading)
])

/** Introductions of sections, by heading. */
const introductions: Readonly<Record<string, string>> = {
  "Limits of callers without a token":
    "These limits apply to callers over stdio, and over HTTP if `MCP_KRAKEN_AUTH_DISABLED` is true. Tokens have limits of their own. If no limit is set, these callers are not limited. If any limit is set, the others have their defaults. For most uses, `MCP_KRAKEN_BUDGET` is enough.",
  "Limits of all callers together":
    "These limits apply to all callers of the API key together, with and without tokens."
}

const introduction = (heading: string): string => introductions[heading] ?? ""

/** Generates `.env.example`: every setting, commented out, with its purpose, its accepted values and its default. */
export const envExample = (): string =>
  [
    "# Every setting of mcp-kraken with its default. Copy this file to .env in the folder where the server starts, make it",
    "# readable only by you (chmod 600 .env), and remove the # from the lines you change. Over stdio, the file is read only",
    "# if --env-file names it. Environment variables override it. Quote a value that contains a #. Put single quotes around",
    "# a value that contains a $, which Docker Compose would expand.",
    ...sections.flatMap(([heading, settings]) => [
      ...(heading === undefined
        ? []
        : ["", "", `# --- ${heading} ---`, ...wrap(introduction(heading).replaceAll("`", ""))]),
      ...settings.map(({ expected, fallback, name, purpose, shownDefault }) =>
        [
          "",
          ...wrap(purpose),
          ...wrap(`Accepts ${expected}.`),
          ...(shownDefault === undefined ? [] : wrap(`Default: ${shownDefault}.`)),
          `#${name}=${fallback ?? ""}`
        ].join("\n")
      )
    ]),
    ""
  ].join("\n")

/** Generates the tables of settings, one a section. */
export const settingsTable = (): string =>
  sections
    .map(([heading, settings]) =>
      [
        ...(heading === undefined ? [] : [`## ${heading}`, "", introduction(heading), ""]),
        "| Setting | Default | What it is for |",
        "| --- | --- | --- |",
        ...settings.map(({ fallback, name, purpose, shownDefault }) => {
          const byDefault = shownDefault ?? (fallback === undefined ? "" : `\`${fallback}\``)
          return `| \`${name}\` | ${byDefault} | ${purpose} |`
        })
      ].join("\n")
    )
    .join("\n\n")

/** Wraps text into comment lines, 120 columns wide. */
const wrap = (text: string): Array<string> => {
  const lines: Array<string> = ["#"]
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? ""
    if (line.length + word.length >= 120) lines.push(`# ${word}`)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

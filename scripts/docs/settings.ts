import { type Setting, settings } from "../../src/layers/settings/settingDefinitions.ts"

const all: ReadonlyArray<Setting<unknown>> = Object.values(settings)

/** Generates `.env.example`: every setting, commented out, with its purpose, its accepted values and its default. */
export const envExample = (): string =>
  [
    "# Every setting of mcp-kraken with its default. Copy this file to .env in the folder where the server starts, let only",
    "# yourself read it (chmod 600 .env), and take the # from the lines you change. Over stdio it is read only if --env-file",
    "# names it. Environment variables win over .env. Quote a value that holds a #; put single quotes around one that holds",
    "# a $, which Docker Compose would fill in.",
    ...all.map(({ expected, fallback, name, purpose, shownDefault }) =>
      [
        "",
        ...wrap(purpose),
        ...wrap(`Accepts ${expected}.`),
        ...(shownDefault === undefined ? [] : wrap(`Default: ${shownDefault}.`)),
        `#${name}=${fallback ?? ""}`
      ].join("\n")
    ),
    ""
  ].join("\n")

/** Generates the README's table of settings. */
export const settingsTable = (): string =>
  [
    "| Setting | Default | What it is for |",
    "| --- | --- | --- |",
    ...all.map(({ fallback, name, purpose, shownDefault }) => {
      const byDefault = shownDefault ?? (fallback === undefined ? "" : `\`${fallback}\``)
      return `| \`${name}\` | ${byDefault} | ${purpose} |`
    })
  ].join("\n")

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

#!/usr/bin/env node
// What a release moves, among all tags of the repository that it runs in: which tags its image gets, npm's dist-tag,
// whether GitHub calls it a prerelease, and whether main follows. Writes it in the form of GitHub's step outputs.
//
//   node scripts/release-tags.mjs vX.Y.Z[-rcN]
import { execFileSync } from "node:child_process"
import { realpathSync } from "node:fs"
import { argv, exit } from "node:process"
import { fileURLToPath } from "node:url"

/**
 * A release gets its version and the shorter ones that stand for the newest of their line, with and without a `v`; the
 * newest of all is `latest`. A release of an older line takes nothing from a newer one. Candidates have names of their
 * own at every length, and move nothing that a release has.
 */
export const planRelease = (tag, tags = []) => {
  const release = parse(tag)
  if (release === undefined) throw new Error(`${tag} is no release: expected vX.Y.Z or vX.Y.Z-rcN`)
  const { candidate, major, minor, patch } = release
  // Candidates compete with those of their own kind.
  const others = tags
    .flatMap((other) => parse(other) ?? [])
    .filter((other) => isCandidate(other) === isCandidate(release))
  const isNewest = (...line) =>
    !others.some((other) => line.every((part) => other[part] === release[part]) && compare(other, release) > 0)
  const suffix = candidate === undefined ? "" : `-rc${candidate}`
  const names = [
    `${major}.${minor}.${patch}`,
    ...(isNewest("major", "minor", "candidate") ? [`${major}.${minor}`] : []),
    ...(isNewest("major", "candidate") ? [`${major}`] : [])
  ].map((name) => name + suffix)
  const latest = candidate === undefined && isNewest()
  return {
    version: tag.slice(1),
    tags: [...names, ...names.map((name) => `v${name}`), ...(latest ? ["latest"] : [])],
    prerelease: candidate !== undefined,
    latest,
    // npm takes no name that reads like a version.
    npmTag: candidate !== undefined ? "rc" : latest ? "latest" : `release-${major}.${minor}`
  }
}

const parse = (tag) => {
  const match = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-rc([1-9]\d*))?$/.exec(tag)
  if (match === null) return undefined
  const [major, minor, patch, candidate] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)))
  return { major, minor, patch, candidate }
}

const isCandidate = ({ candidate }) => candidate !== undefined

const compare = (a, b) =>
  a.major - b.major || a.minor - b.minor || a.patch - b.patch || (a.candidate ?? 0) - (b.candidate ?? 0)

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const others = execFileSync("git", ["tag", "--list"], { encoding: "utf8" }).split("\n")
    const { latest, npmTag, prerelease, tags, version } = planRelease(argv[2] ?? "", others)
    const outputs = { version, tags: tags.join(" "), prerelease, latest, "npm-tag": npmTag }
    for (const [name, value] of Object.entries(outputs)) console.log(`${name}=${value}`)
  } catch (error) {
    console.error(error.message)
    exit(1)
  }
}

#!/usr/bin/env node
// Plans the tags that a release moves, given all tags of the repository that it runs in: its image tags, npm's
// dist-tag, its prerelease mark on GitHub, and the branch main. Prints them in the form of GitHub's step outputs.
//
//   node scripts/release-tags.mjs vX.Y.Z[-rcN]
import { execFileSync } from "node:child_process"
import { realpathSync } from "node:fs"
import { argv, exit } from "node:process"
import { fileURLToPath } from "node:url"

/** Lists names without and with a `v`. */
const withV = (names) => [...names, ...names.map((name) => `v${name}`)]

/**
 * Plans the tags of a release: its version, which stays, and the shorter names for the newest of its line, which move
 * once the release is out, with and without a `v`. Only the newest release of all is `latest`. A release of an older line takes no name from a newer one. Candidates
 * have separate names at every length, and move no name of a release.
 */
export const planRelease = (tag, tags = []) => {
  const release = parse(tag)
  if (release === undefined) throw new Error(`${tag} is no release: expected vX.Y.Z or vX.Y.Z-rcN`)
  const { candidate, major, minor, patch } = release
  // Candidates are compared only with other candidates.
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
    tags: withV(names.slice(0, 1)),
    movingTags: [...withV(names.slice(1)), ...(latest ? ["latest"] : [])],
    prerelease: candidate !== undefined,
    latest,
    // npm refuses a dist-tag that reads like a version.
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
    const { latest, movingTags, npmTag, prerelease, tags, version } = planRelease(argv[2] ?? "", others)
    const outputs = {
      version,
      tags: tags.join(" "),
      "moving-tags": movingTags.join(" "),
      prerelease,
      latest,
      "npm-tag": npmTag
    }
    for (const [name, value] of Object.entries(outputs)) console.log(`${name}=${value}`)
  } catch (error) {
    console.error(error.message)
    exit(1)
  }
}

import { Option } from "effect"
import { statSync } from "node:fs"
import { type Installation, krakenFields } from "./kit/installation.ts"

/**
 * The home of a server: how far an agent is from the API key.
 *
 * A: the server runs as another user, in a container or on another host, and agents hold only a token. B: the agent has no
 * shell. C: the agent has a shell as the same user.
 */
export interface Home {
  /** The grade that has to be assumed. */
  readonly grade: "A" | "B" | "C"
  readonly meaning: string
  /** Facts by which it was found. */
  readonly known: ReadonlyArray<string>
  /** Facts that cannot be seen from here and might change it. */
  readonly unknown: ReadonlyArray<string>
}

export const meanings = {
  A: "the server runs as another user, in a container or on another host, and agents hold only a token",
  B: "agents have no shell",
  C: "an agent with a shell is the same user: limits bind the tools, not a program that reads this key"
} as const

/** Grades the home of an installation by what this program can see. It assumes the worst of what it can't see. */
export const homeOf = (installation: Installation): Home => {
  const { stdio, system } = installation
  const make = (grade: Home["grade"], known: ReadonlyArray<string>, unknown: ReadonlyArray<string>): Home => ({
    grade,
    meaning: meanings[grade],
    known,
    unknown
  })
  const noShell = "An agent that has no shell and no other way to run programs as this user would make it B."
  if (stdio)
    return make("C", ["Over stdio the client starts the server as its own user, and knows its settings."], [noShell])
  if (system.isOwnContainer)
    return make(
      "A",
      ["The server runs in a container of its own."],
      [
        "An agent that runs in this container too, or that can use its engine (docker exec), would make it C.",
        "An agent that can read the settings from which the container was made would make it C."
      ]
    )
  const owner = ownerOf(installation)
  if (owner === undefined || system.uid === undefined)
    return make(
      "C",
      ["There is no state folder yet, which would show the user that runs the server."],
      [noShell, elsewhere]
    )
  if (owner !== system.uid && system.uid !== 0)
    return readsKey(installation)
      ? make(
          "C",
          [`The state folder belongs to user ${owner}, but this user (${system.uid}) can read the API key, too.`],
          [noShell]
        )
      : make(
          "A",
          [`The state folder belongs to user ${owner}, and this program runs as user ${system.uid}.`],
          ["An agent that runs as the server's user, or can become it (sudo), would make it C."]
        )
  if (system.uid === 0 && owner !== 0)
    return make(
      "C",
      [`The server runs as user ${owner}, since the state folder belongs to it.`],
      [`It is A if agents of this machine run neither as user ${owner} nor as root.`, elsewhere]
    )
  return make(
    "C",
    [`The server runs as this user (${owner}), since the state folder belongs to it.`],
    [noShell, elsewhere]
  )
}

const elsewhere = "It is A if all agents run on other machines or as other users."

const ownerOf = ({ config }: Installation): number | undefined =>
  Option.getOrUndefined(
    Option.flatMap(config("stateDir"), ({ stateDir }) => {
      try {
        return Option.some(statSync(stateDir).uid)
      } catch {
        return Option.none()
      }
    })
  )

/** Checks that the settings of this user have the API key. */
const readsKey = ({ config }: Installation): boolean =>
  Option.exists(config(...krakenFields), ({ credentials }) => Option.isSome(credentials))

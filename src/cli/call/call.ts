import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"

/** Loads the tools and the SDK only for the commands that need them. */
const loaded = load(() => import("./callTool.ts"))

const paper = Options.boolean("paper").pipe(
  Options.withDescription("Trade on a simulated account, without an API key (MCP_KRAKEN_MODE=paper)")
)

const account = Options.text("account").pipe(
  Options.withPseudoName("NAME"),
  Options.withDescription("Kraken account, a name of MCP_KRAKEN_ACCOUNTS (MCP_KRAKEN_ACCOUNT)"),
  Options.optional
)

const envFile = Options.text("env-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("Settings file to read. Default: none, as with serve --stdio"),
  Options.optional
)

/** The command that calls a tool. */
export const call = Command.make(
  "call",
  {
    tool: Args.text({ name: "TOOL" }).pipe(Args.withDescription("The name of a tool, as tools lists it")),
    args: Args.text({ name: "ARGUMENTS" }).pipe(
      Args.withDescription("A JSON object with the arguments of the tool; none if left out"),
      Args.optional
    ),
    json: Options.text("json").pipe(
      Options.withPseudoName("JSON"),
      Options.withDescription("The arguments as an option; - reads them from standard input"),
      Options.optional
    ),
    table: Options.boolean("table").pipe(Options.withDescription("Print tables instead of JSON")),
    paper,
    account,
    envFile
  },
  (options) => Effect.flatMap(loaded, ({ call }) => call(options))
).pipe(Command.withDescription("Call a tool, and print its answer as JSON"))

/** The command that lists tools. */
export const tools = Command.make(
  "tools",
  {
    tool: Args.text({ name: "TOOL" }).pipe(Args.withDescription("A tool to describe; all if left out"), Args.optional),
    json: Options.boolean("json").pipe(Options.withDescription("Print the MCP definitions as JSON")),
    paper,
    account,
    envFile
  },
  (options) => Effect.flatMap(loaded, ({ tools }) => tools(options))
).pipe(Command.withDescription("List the tools that call can call, or describe one"))

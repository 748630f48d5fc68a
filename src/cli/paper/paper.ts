import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { envFile } from "../kit/envFile.ts"
import { load } from "../../layers/process/load.ts"

/** Loads exchange and database only for a command that needs them. */
const accounts = load(() => import("./paperAccounts.ts"))

const which = {
  account: Options.text("account").pipe(
    Options.withDescription("Id of the account's token, or local. Default: the only account"),
    Options.optional
  ),
  market: Options.choice("market", ["synthetic", "live"]).pipe(
    Options.withDescription("Market of the account, if it has one on each. Default: the only one"),
    Options.optional
  ),
  json: Options.boolean("json").pipe(Options.withDescription("Print JSON")),
  envFile
}

const show = Command.make("show", which, (options) => Effect.flatMap(accounts, ({ show }) => show(options))).pipe(
  Command.withDescription("Print balances, open orders, and gains since the start")
)

const deposit = Command.make(
  "deposit",
  {
    asset: Args.text({ name: "ASSET" }).pipe(Args.withDescription("e.g. USD or BTC")),
    amount: Args.text({ name: "AMOUNT" }).pipe(Args.withDescription("A decimal number")),
    ...which
  },
  (options) => Effect.flatMap(accounts, ({ deposit }) => deposit(options))
).pipe(Command.withDescription("Add money, which is available immediately"))

const reset = Command.make("reset", which, (options) => Effect.flatMap(accounts, ({ reset }) => reset(options))).pipe(
  Command.withDescription("Reset to the starting balances (MCP_KRAKEN_PAPER_BALANCES)")
)

const accept = Command.make("accept", which, (options) =>
  Effect.flatMap(accounts, ({ accept }) => accept(options))
).pipe(Command.withDescription("Continue an account without its lost entries"))

export const paper = Command.make("paper").pipe(
  Command.withDescription("Manage the simulated accounts of paper mode"),
  Command.withSubcommands([show, deposit, accept, reset])
)

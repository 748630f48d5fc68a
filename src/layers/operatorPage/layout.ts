import { html, type Html } from "./html.ts"
import type { Session } from "./sessions.ts"

/** The address of a page of a session. */
export const pathIn = ({ id }: Pick<Session, "id">, path: string): string => `/s/${id}${path}`

interface Page {
  readonly title: string
  readonly main: Html
  /** Absent before the log-in. */
  readonly session?: Session | undefined
  /** Seconds after which the browser loads the page again. */
  readonly refresh?: number
}

/** Makes a whole page. */
export const layout = ({ main, refresh, session, title }: Page): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh === undefined ? undefined : html`<meta http-equiv="refresh" content="${refresh}" /> `}
        <title>${title} · mcp-kraken</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <p>mcp-kraken approvals</p>
          ${session === undefined ? undefined : navigation(session)}
        </header>
        <main id="main">${main}</main>
      </body>
    </html> `.text

const navigation = (session: Session): Html =>
  html`<nav aria-label="Pages">
    <a href="${pathIn(session, "/")}">All approvals</a>
    <form method="post" action="${pathIn(session, "/log-out")}">
      <input type="hidden" name="csrf" value="${session.csrf}" />
      <button>Log out</button>
    </form>
  </nav> `

/** The stylesheet of all pages. It follows the browser's colour scheme and size of text. */
export const stylesheet = `:root { color-scheme: light dark; --line: #8886; --back: #fff; --text: #1a1a1a; --quiet: #555; --mark: #8a4b00; --focus: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --back: #16181b; --text: #eceff1; --quiet: #b0b6bb; --mark: #ffb454; --focus: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 1rem 3rem; max-width: 46rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .5rem 1rem; padding: .75rem 0; border-bottom: 1px solid var(--line); }
header p { margin: 0; font-weight: 600; }
nav, nav form { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.25rem 0 .5rem; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
.lead { font-size: 1.15rem; font-weight: 600; }
.quiet { color: var(--quiet); }
.notice { border: 2px solid var(--mark); border-radius: .4rem; padding: .6rem .8rem; }
figure { margin: 1rem 0; border: 2px dashed var(--mark); border-radius: .4rem; padding: .6rem .8rem; }
figcaption { color: var(--mark); font-weight: 600; }
blockquote { margin: .4rem 0 0; overflow: hidden; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; font-weight: 600; padding: .4rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 500; }
td, bdi { font-variant-numeric: tabular-nums; }
ul.plans { list-style: none; padding: 0; }
ul.plans li { padding: .7rem 0; border-bottom: 1px solid var(--line); }
label { display: block; font-weight: 600; }
input { font: inherit; width: 100%; max-width: 24rem; padding: .6rem; margin: .3rem 0 .8rem; border: 1px solid var(--quiet); border-radius: .4rem; background: var(--back); color: var(--text); }
button { font: inherit; padding: .7rem 1.1rem; min-height: 2.75rem; border: 2px solid var(--quiet); border-radius: .4rem; background: var(--back); color: var(--text); cursor: pointer; }
button.yes { border-color: #1a7f37; }
button.no { border-color: #b3261e; }
nav button { padding: .2rem .7rem; min-height: 2rem; }
.answers { display: flex; flex-wrap: wrap; gap: .8rem; }
@media (max-width: 30rem) { .answers button { width: 100%; } }
`

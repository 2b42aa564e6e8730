/** The page's style sheet: system fonts, light and dark, readable in print. Nothing is loaded from elsewhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --background: #ffffff; --surface: #f6f7f9; --line: #d9dde3; --text: #1a1f27; --soft: #5b6675; --quiet: #98a2b0;
  --adapter: #2458d6; --base: #c2620a; --liked-share: #12805c; --count: #7c8796;
  --good: #12805c; --good-surface: #e7f6ef; --bad: #b3261e; --bad-surface: #fdecea; --even: #5b6675; --even-surface: #eef0f4;
  --note: #8a5a00; --note-surface: #fff6e0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #12161c; --surface: #1a2029; --line: #313a47; --text: #e6eaf0; --soft: #a3aebd; --quiet: #6d7887;
    --adapter: #7ba4ff; --base: #f0a04b; --liked-share: #4cc79a; --count: #8f9bab;
    --good: #4cc79a; --good-surface: #12291f; --bad: #ff8a80; --bad-surface: #331a1a; --even: #a3aebd; --even-surface: #1f2632;
    --note: #f2c56b; --note-surface: #2c2412;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .75rem; padding-top: 1.1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; }
.overview { font-size: 1.12rem; font-weight: 600; }
.soft { color: var(--soft); font-size: .9rem; }
.verdict { border-left: 5px solid var(--even); background: var(--even-surface); border-radius: 0 8px 8px 0; padding: .9rem 1.1rem; margin: 1rem 0; }
.verdict p { margin: 0; font-size: 1.08rem; }
.verdict strong { color: var(--even); }
.verdict.beats { border-color: var(--good); background: var(--good-surface); } .verdict.beats strong { color: var(--good); }
.verdict.worse { border-color: var(--bad); background: var(--bad-surface); } .verdict.worse strong { color: var(--bad); }
.warnings { list-style: none; background: var(--note-surface); border-radius: 8px; padding: .8rem 1.1rem; margin: 1rem 0; }
.warnings li { margin: .35rem 0; padding-left: 1.5rem; position: relative; }
.warnings li::before { content: "!"; position: absolute; left: .3rem; font-weight: 700; color: var(--note); }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th, td { text-align: right; padding: .45rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; white-space: nowrap; }
tbody th { font-weight: 500; }
tr.adapter th, tr.adapter td { font-weight: 650; background: var(--surface); }
.range { display: block; color: var(--soft); font-size: .82rem; font-weight: 400; white-space: nowrap; }
table.differences th, table.differences td { padding-inline: .45rem; }
td .finding { display: block; font-size: .82rem; }
.beats { color: var(--good); } .worse { color: var(--bad); } .undecided, .not-defined { color: var(--even); }
div.verdict { color: inherit; }
.swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .45rem; vertical-align: -1px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .88rem; margin-top: .3rem; }
figure svg { --plot-background: var(--background); max-width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .88rem; margin: .4rem 0 .8rem; }
table.facts td { text-align: left; overflow-wrap: anywhere; } table.facts th { width: 15rem; color: var(--soft); font-weight: 500; }
code, pre { font: .86rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
pre { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; white-space: pre-wrap; }
summary { cursor: pointer; color: var(--soft); }
footer { margin-top: 3rem; color: var(--soft); font-size: .88rem; }
@media print { main { max-width: none; padding: 0; } h2 { break-after: avoid; } figure, table { break-inside: avoid; } }
`;

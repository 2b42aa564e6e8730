/** The page's style sheet: system fonts, light and dark, narrow and wide, readable in print. Nothing is loaded from elsewhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --background: #ffffff; --surface: #f5f7fa; --line: #dde2e9; --text: #1a1f27; --soft: #55606f; --quiet: #98a2b0; --link: #1d4fc4;
  --adapter: #2458d6; --base: #b85a06; --baseline: #0f7a57; --count: #6f7b8b; --id-model: #7a3fb0;
  --good: #0f7a57; --good-surface: #e9f6f0; --bad: #b3261e; --bad-surface: #fdeeec; --even: #55606f; --even-surface: #eff2f6;
  --note: #835500; --note-surface: #fff7e3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #11151b; --surface: #1a2029; --line: #303947; --text: #e6eaf0; --soft: #a7b1c0; --quiet: #6d7887; --link: #8fb2ff;
    --adapter: #7ba4ff; --base: #f0a04b; --baseline: #4cc79a; --count: #98a4b4; --id-model: #c39bff;
    --good: #4cc79a; --good-surface: #11281e; --bad: #ff8f86; --bad-surface: #321919; --even: #a7b1c0; --even-surface: #1e2531;
    --note: #f2c56b; --note-surface: #2b2311;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; overflow-wrap: anywhere; background: var(--background); color: var(--text); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.65rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; line-height: 1.35; letter-spacing: -.005em; margin: 3rem 0 .75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
p { margin: .6rem 0; max-width: 46rem; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
td a, tbody th a { color: inherit; border-bottom: 1px dotted var(--quiet); } td a:hover, tbody th a:hover { color: var(--link); text-decoration: none; border-color: currentColor; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
:target { scroll-margin-top: 1rem; } .scroll:target caption { color: var(--text); box-shadow: inset 4px 0 0 var(--link); padding-left: .7rem; }
.overview { font-size: 1.12rem; font-weight: 600; }
.soft { color: var(--soft); font-size: .9rem; }
.verdict { border-left: 4px solid var(--even); background: var(--even-surface); border-radius: 0 8px 8px 0; padding: .9rem 1.1rem; margin: .9rem 0; }
.verdict p { margin: 0; font-size: 1.06rem; max-width: none; font-variant-numeric: tabular-nums; }
.verdict.beats { border-color: var(--good); background: var(--good-surface); } .verdict.beats b { color: var(--good); }
.verdict.worse { border-color: var(--bad); background: var(--bad-surface); } .verdict.worse b { color: var(--bad); }
.rows { white-space: nowrap; font-size: .9rem; }
.warnings { list-style: none; background: var(--note-surface); border-radius: 8px; padding: .7rem 1.1rem; margin: 1rem 0; }
.warnings li { margin: .4rem 0; padding-left: 1.4rem; position: relative; overflow-wrap: anywhere; }
.warnings li::before { content: "!"; position: absolute; left: .3rem; font-weight: 700; color: var(--note); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.25rem; margin: 1.5rem 0 0; padding: 0; font-size: .9rem; }
.scroll { overflow-x: auto; margin: 1rem 0; } .scroll td, thead th { overflow-wrap: normal; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.45; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .5rem; }
th, td { text-align: right; padding: .5rem .45rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { text-align: left; padding-left: .4rem; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); vertical-align: bottom; }
tbody th { font-weight: 500; min-width: 9rem; overflow-wrap: anywhere; }
th.words, td.words { text-align: left; min-width: 11rem; }
tr.own th, tr.own td { font-weight: 650; background: var(--surface); }
.range { display: block; color: var(--soft); font-size: .82rem; font-weight: 400; white-space: nowrap; }
.finding { display: block; font-size: .82rem; font-weight: 600; }
span.beats { color: var(--good); } span.worse { color: var(--bad); } span.undecided, span.not-defined { color: var(--even); font-weight: 400; }
.swatch { display: inline-block; width: .65rem; height: .65rem; border-radius: 2px; margin-right: .5rem; vertical-align: -1px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.75rem 2rem; margin: 1.5rem 0; align-items: start; }
figure { margin: 0; max-width: 30rem; } figcaption { color: var(--soft); font-size: .88rem; margin-top: .4rem; }
figure svg { --plot-background: var(--background); display: block; width: 100%; max-width: none; height: auto; overflow: visible; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .88rem; margin: 0 0 .5rem; }
table.facts { margin: 1rem 0; } table.facts td { text-align: left; overflow-wrap: anywhere; } table.facts th { width: 15rem; color: var(--soft); font-weight: 500; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: .3rem 2rem; margin: 1rem 0; color: var(--soft); font-size: .88rem; line-height: 1.5; }
dl div { display: flex; gap: .75rem; } dt { flex: 0 0 6.5rem; font-weight: 600; overflow-wrap: anywhere; } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
code, pre { font: .86rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
pre { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; white-space: pre-wrap; margin: .6rem 0; }
details { margin: 1rem 0; } summary { cursor: pointer; color: var(--soft); }
.texts { margin: 1rem 0; } .texts details { margin: 0; border-bottom: 1px solid var(--line); } .texts summary { padding: .4rem 0; color: var(--text); font-size: .92rem; } .texts summary span { color: var(--soft); margin-left: .4rem; }
.texts details:target summary { box-shadow: inset 4px 0 0 var(--link); padding-left: .7rem; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .88rem; }
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.4rem; }
  .scroll { margin-inline: -1rem; padding-inline: 1rem; }
  .scroll th:first-child { position: sticky; left: 0; background: var(--background); min-width: 8.25rem; max-width: 9.5rem; }
  .scroll tr.own th:first-child { background: var(--surface); }
  .scroll thead th { min-width: 6rem; }
  caption span { display: block; position: sticky; left: 0; width: calc(100vw - 2rem); }
  table.facts tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  table.facts th, table.facts td { display: block; width: auto; border: 0; padding: 0 .4rem; }
}
@media print { main { max-width: none; padding: 0; } nav { display: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
`;

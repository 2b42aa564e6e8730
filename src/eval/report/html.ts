import type { Report } from '../../core/report.js';
import { type Block, type Cell, type Drawing, FINDING_WORDS, type Part, type Table, type TableRow } from './block.js';
import { escapeHtml, html, type Markup, trusted } from './markup.js';
import { page } from './page.js';
import { partsOf } from './sections.js';
import { STYLE } from './style.js';

const BESIDE = ['report.json', 'report.md', 'report.tex'];

/** A report as one HTML file: no script, nothing loaded, every text from data escaped. The same report gives the same bytes. */
export function renderHtml(report: Report): string {
  const { run, version } = report;
  const parts = partsOf(report);
  const main = html`<header>
<h1>${run.id}</h1>
<p class="soft">An adapter for ${run.modelFile}, on dataset version ${version.name} of ${version.sourceId}. Made ${report.madeAt}.</p>
</header>
${parts.map((part, place) => (place === 0 ? html`${section(part)}\n${contents(parts)}\n` : section(part)))}
<footer>rectune ${report.program}. The same numbers are in ${BESIDE.map((name, place) => html`${place === 0 ? '' : place === BESIDE.length - 1 ? ' and ' : ', '}<a href="${name}">${name}</a>`)} beside this file.</footer>
`;
  return page(`Report of ${run.id}`, STYLE, main);
}

function contents(parts: readonly Part[]): Markup {
  const named = parts.filter(({ title }) => title !== null);
  return html`<nav aria-label="Contents"><ul>${named.map(({ title, id }) => html`<li><a href="#${id}">${title ?? ''}</a></li>`)}</ul></nav>`;
}

function section({ title, id, blocks }: Part): Markup {
  return html`<section id="${id}">
${title === null ? '' : html`<h2>${title}</h2>`}
${blocks.map((block) => html`${blockMarkup(block)}\n`)}</section>
`;
}

function blockMarkup(block: Block): Markup {
  switch (block.kind) {
    case 'overview':
      return html`<p class="overview">${block.text}</p>`;
    case 'verdict': {
      const { finding, sentence, about, rows, runs } = block;
      const link = html`${rowsLink(rows)}${rowsLink(runs, 'the runs behind it')}`;
      return html`<div class="verdict ${finding}"><p>${about === undefined ? '' : html`<b>${about}</b>: `}${sentence}${link}</p></div>`;
    }
    case 'warnings':
      return html`<ul class="warnings">${block.lines.map((line) => html`<li>${line}</li>`)}</ul>`;
    case 'paragraph':
      return block.quiet
        ? html`<p class="soft">${block.text}</p>`
        : html`<p>${block.text}${rowsLink(block.rows)}${(block.files ?? []).map(fileLink)}</p>`;
    case 'table':
      return table(block.table);
    case 'plots':
      return html`<div class="plots">${block.plots.map(figure)}</div>`;
    case 'facts':
      return html`<table class="facts"><tbody>
${block.facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`)}</tbody></table>`;
    case 'definitions':
      return html`<dl>${block.terms.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl>`;
    case 'listing':
      return html`<details><summary>${block.title}</summary>
<pre>${block.text}</pre></details>`;
    case 'texts':
      return html`<div class="texts"><p class="soft">${block.title}</p>
${block.texts.map(({ name, anchor, about, text }) => html`<details id="${anchor}"><summary>${name} <span>${about}</span></summary><pre>${text}</pre></details>\n`)}</div>`;
  }
}

function rowsLink(rows: string | undefined, title = 'the rows behind it'): Markup {
  return rows === undefined ? html`` : html` <a class="rows" href="#${rows}">${title}</a>`;
}

/** To a file of the same folder: it opens from disk as the page does. */
function fileLink(name: string): Markup {
  return html` <a class="rows" href="${name}">${name}</a>`;
}

/** On a narrow screen a wide table moves sideways in its frame; a keyboard reaches it there. */
function table({ caption, anchor, command, more: other, head, rows }: Table): Markup {
  const id = anchor === undefined ? '' : html` id="${anchor}"`;
  const isWordy = head.map((_, column) => column > 0 && rows.some(({ cells }) => isLong(cells[column - 1])));
  const more = html`${command === undefined ? '' : html`<br><code>${command}</code>`}${other === undefined ? '' : html`<br><a href="${other.href}">${other.title}</a>`}`;
  return html`<div${id} class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption><span>${caption}${more}</span></caption>
<thead><tr>${head.map((title, column) => html`<th scope="col"${classOf(isWordy[column])}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => tableRow(row, isWordy))}</tbody>
</table></div>`;
}

/** Words that take more than a line in a column; figures stand at its right end, words at its left. */
const LONG = 24;

function isLong(content: Cell | undefined): boolean {
  return typeof content === 'string' && content.length > LONG && content.includes(' ');
}

function classOf(isWordy: boolean | undefined): Markup {
  return isWordy ? html` class="words"` : html``;
}

/** Text that breaks behind its slashes before it breaks anywhere else: names of rows, templates and paths. */
function breakable(text: string): Markup {
  return trusted(escapeHtml(text).replaceAll('/', '/<wbr>'));
}

function tableRow({ name, link, color, own, cells }: TableRow, isWordy: readonly boolean[]): Markup {
  const swatch = color === undefined ? '' : html`<span class="swatch" style="background:${color}"></span>`;
  return html`<tr${own ? html` class="own"` : ''}><th scope="row">${swatch}${link === undefined ? breakable(name) : html`<a href="#${link}">${breakable(name)}</a>`}</th>${cells.map((content, place) => cell(content, isWordy[place + 1]))}</tr>
`;
}

function cell(content: Cell, isWordy: boolean | undefined): Markup {
  if (typeof content === 'string') return html`<td${classOf(isWordy)}>${breakable(content)}</td>`;
  const { value, range, aside, finding, rows } = content;
  return html`<td${classOf(isWordy)}>${rows === undefined ? breakable(value) : html`<a href="#${rows}">${breakable(value)}</a>`}${[
    range,
    aside,
  ].map((text) =>
    text === undefined ? html`` : html`<span class="range">${text}</span>`,
  )}${finding === undefined ? '' : html`<span class="finding ${finding}">${FINDING_WORDS[finding]}</span>`}</td>`;
}

function figure({ draw, legend, caption, rows }: Drawing): Markup {
  const names = legend.map(
    ({ title, color }) => html`<span><span class="swatch" style="background:${color}"></span>${title}</span>`,
  );
  return html`<figure>${names.length === 0 ? '' : html`<div class="legend">${names}</div>`}${trusted(draw())}<figcaption>${caption}${rowsLink(rows)}</figcaption></figure>`;
}

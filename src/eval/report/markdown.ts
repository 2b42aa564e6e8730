import type { Report } from '../../core/report.js';
import { type Block, cellText, type Drawing, type Part, type Table } from './block.js';
import { partsOf } from './sections.js';

/** A report as Markdown: what the HTML page says; of plots their captions, and their figures as tables where these are short. */
export function renderMarkdown(report: Report): string {
  const { run, version } = report;
  return `${[
    `# Report of ${plain(run.id)}`,
    `An adapter for ${plain(run.modelFile)}, on dataset version ${plain(version.name)} of ${plain(version.sourceId)}. Made ${report.madeAt}.`,
    ...partsOf(report).flatMap(partLines),
  ].join('\n\n')}\n`;
}

function partLines({ title, blocks }: Part): string[] {
  return [...(title === null ? [] : [`## ${plain(title)}`]), ...blocks.flatMap(blockLines)];
}

function blockLines(block: Block): string[] {
  switch (block.kind) {
    case 'overview':
    case 'paragraph':
      return [plain(block.text)];
    case 'verdict':
      return [`**${plain(block.about === undefined ? block.sentence : `${block.about}: ${block.sentence}`)}**`];
    case 'warnings':
      return ['Warnings:', block.lines.map((line) => `- ${plain(line)}`).join('\n')];
    case 'table':
      return captioned(block.table);
    case 'plots':
      return block.plots.flatMap(plotLines);
    case 'facts':
      return [lines(['fact', 'value'], block.facts)];
    case 'definitions':
      return [block.terms.map(([term, meaning]) => `- ${plain(term)}: ${plain(meaning)}`).join('\n')];
    case 'listing':
      return [`${plain(block.title)}:`, fenced(block.text)];
    case 'texts':
      return [
        `${plain(block.title)} The texts stand in report.html and report.json.`,
        block.texts.map(({ name, about }) => `- ${plain(name)}: ${plain(about)}`).join('\n'),
      ];
  }
}

function plotLines({ caption, instead }: Drawing): string[] {
  return [`(plot) ${plain(caption)}`, ...(instead ? captioned(instead) : [])];
}

function captioned({ caption, command, head, rows }: Table): string[] {
  return [
    /[.:]$/.test(caption) ? plain(caption) : `${plain(caption)}:`,
    ...(command === undefined ? [] : [`    ${command}`]),
    lines(
      head,
      rows.map(({ name, cells }) => [name, ...cells.map(cellText)]),
    ),
  ];
}

function lines(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Text from data as one line of Markdown that shows its characters and starts nothing. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_|<>#~&]|\[(?=[^\]]*\]\()/g, '\\$&');
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}yaml\n${text.trimEnd()}\n${fence}`;
}

import type { Report } from '../../core/report.js';
import type { Cell, Part, Table } from './block.js';
import { escapeLatex } from './escape-latex.js';
import { partsOf } from './sections.js';

/**
 * The tables of a report for a paper: \input this file, with \usepackage{booktabs} in the preamble. Below each figure stands its interval in smaller type;
 * a plus marks a difference whose interval lies on the good side of 0, a minus one on the bad side. Needs no other package.
 */
export function renderLatex(report: Report): string {
  const { run, version, verdicts, overview } = report;
  const told = [
    `Tables of the report of run ${run.id}, an adapter for ${run.modelFile}, on dataset version ${version.name} (${version.hash}).`,
    `Made ${report.madeAt} by rectune ${report.program}. Preamble: \\usepackage{booktabs}. Then: \\input{report.tex}`,
    ...(overview === null ? [] : [overview]),
    ...verdicts.map(({ sentence }) => sentence),
  ];
  return `${[told.map(comment).join('\n'), ...partsOf(report).flatMap(tablesOf)].join('\n\n')}\n`;
}

function tablesOf(part: Part): string[] {
  const tables = part.blocks.flatMap((block) =>
    block.kind === 'table'
      ? [block.table]
      : block.kind === 'plots'
        ? block.plots.flatMap(({ instead }) => instead ?? [])
        : [],
  );
  return tables
    .filter(({ notForPapers }) => !notForPapers)
    .map((table, place) => float(table, `tab:${part.id}${place === 0 ? '' : `-${place + 1}`}`));
}

function float({ caption, head, rows }: Table, label: string): string {
  const lines = [
    '\\begin{table}[htbp]',
    '\\centering\\small',
    `\\caption{${escapeLatex(caption)}}`,
    `\\label{${label}}`,
    `\\begin{tabular}{l${'r'.repeat(head.length - 1)}}`,
    '\\toprule',
    row(head.map(escapeLatex)),
    '\\midrule',
    ...rows.flatMap(({ name, cells }) => [
      row([escapeLatex(name), ...cells.map(upper)]),
      ...(cells.some((cell) => lower(cell) !== '') ? [row(['', ...cells.map(lower)])] : []),
    ]),
    '\\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
  ];
  return lines.join('\n');
}

function row(cells: readonly string[]): string {
  return `${cells.join(' & ')} \\\\`;
}

function upper(cell: Cell): string {
  if (typeof cell === 'string') return escapeLatex(cell);
  const mark = cell.finding === 'beats' ? '$^{+}$' : cell.finding === 'worse' ? '$^{-}$' : '';
  return `${escapeLatex(cell.value)}${mark}`;
}

function lower(cell: Cell): string {
  return typeof cell === 'string' || cell.range === undefined ? '' : `{\\scriptsize ${escapeLatex(cell.range)}}`;
}

/** A comment ends with its line, whatever is in it. */
function comment(text: string): string {
  return `% ${text.replace(/\s+/g, ' ')}`;
}

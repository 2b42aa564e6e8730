import type { Estimate, Finding, Report } from '../../core/report.js';
import { figure, interval } from '../numbers.js';

/**
 * What a report is made of, before it is HTML, Markdown or LaTeX: a section says what stands there, and each form prints it its own way.
 * All texts are plain: a form escapes them.
 */
export type Block =
  | { readonly kind: 'overview'; readonly text: string } // what was shown and what not, over everything
  | Verdict
  | { readonly kind: 'warnings'; readonly lines: readonly string[] }
  | {
      readonly kind: 'paragraph';
      readonly text: string;
      readonly quiet?: boolean;
      readonly rows?: string | undefined;
      readonly files?: readonly string[];
    } // quiet: beside the point, in softer type; rows: anchor of those behind it; files: names beside the report that it leads to
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'plots'; readonly plots: readonly Drawing[] } // side by side where there is room
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'definitions'; readonly terms: readonly Fact[] } // what words in the tables mean
  | { readonly kind: 'listing'; readonly title: string; readonly text: string }
  | { readonly kind: 'texts'; readonly title: string; readonly texts: readonly LongText[] }; // folded; forms without folds name them

/** A sentence on the adapter against another model. */
export interface Verdict {
  readonly kind: 'verdict';
  readonly about?: string; // the task, where there are several
  readonly finding: Finding;
  readonly sentence: string;
  readonly rows?: string; // anchor of the rows behind it
  readonly runs?: string; // anchor of the runs behind it
}

/** A part of the page under a heading. A section makes as many as the report has to say of its matter; none is fine. */
export interface Part {
  readonly title: string | null; // null: the part that opens the page
  readonly id: string; // its anchor
  readonly blocks: readonly Block[];
}

/** A matter that a report speaks of: one file in sections/, named in sections.ts. */
export type Section = (report: Report) => readonly Part[];

/** A text too long to stand open on the page. */
export interface LongText {
  readonly name: string;
  readonly anchor: string;
  readonly about: string; // in a line
  readonly text: string;
}

/** A name and what is known of it. */
export type Fact = readonly [name: string, value: string];

/** The first column holds the names of the rows. */
export interface Table {
  readonly caption: string;
  readonly anchor?: string; // so that links can lead to the table
  readonly command?: string; // that shows more of it
  readonly more?: { readonly href: string; readonly title: string }; // of a file beside the report
  readonly head: readonly string[];
  readonly rows: readonly TableRow[];
  readonly notForPapers?: boolean; // left out of report.tex
}

export interface TableRow {
  readonly name: string;
  readonly link?: string | undefined; // anchor of what the name stands for
  readonly color?: string; // of the model, as in the plots
  readonly own?: boolean; // the adapter's: set apart from the others
  readonly cells: readonly Cell[];
}

/** A text, or a figure with what belongs to it. */
export type Cell = string | Figure;

export interface Figure {
  readonly value: string;
  readonly range?: string; // interval
  readonly aside?: string; // a second remark, such as a p value
  readonly finding?: Finding;
  readonly rows?: string | undefined; // anchor of the rows behind it
}

/** A plot, drawn when it is asked for; forms that draw nothing print `instead`. */
export interface Drawing {
  readonly draw: () => string; // SVG
  readonly legend: readonly { readonly title: string; readonly color: string }[];
  readonly caption: string;
  readonly instead?: Table | undefined;
  readonly rows?: string | undefined; // anchor of the rows behind it
}

/** "better", "worse", ... beside a difference. */
export const FINDING_WORDS: Readonly<Record<Finding, string>> = {
  beats: 'better',
  worse: 'worse',
  undecided: 'undecided',
  'not-defined': 'not defined',
};

/** A figure with its interval, linked to the rows that it comes from. Nothing: the metric is not of this model. */
export function estimateCell(estimate: Estimate | undefined, rows?: string): Figure | '' {
  if (!estimate) return '';
  const link = rows === undefined ? {} : { rows };
  return estimate.value === null
    ? { value: figure(null), ...link }
    : { value: figure(estimate.value), range: interval(estimate), ...link };
}

/** A cell as one line of text. */
export function cellText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  const { value, range, aside, finding } = cell;
  const words = finding === undefined || finding === 'not-defined' ? undefined : FINDING_WORDS[finding];
  return [value, range, aside, words].filter((part) => part !== undefined).join(' ');
}

/** For a table that has one figure a row and no links. */
export function plainTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): Table {
  return { caption, head, rows: rows.map(([name = '', ...cells]) => ({ name, cells })) };
}

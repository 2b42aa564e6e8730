import type { Evaluated } from '../report.js';
import { rowLines } from '../rows/row-lines.js';
import { renderHtml } from './html.js';
import { renderJson } from './json.js';
import { renderLatex } from './latex.js';
import { renderMarkdown } from './markdown.js';
import { renderRowsPage } from './rows-page.js';
import { REPORT_FILES } from './write.js';

/** Name and text of every file of a report. The same report gives the same bytes. */
export function renderedFiles({ report, rows, titles }: Evaluated): [name: string, text: string][] {
  return [
    [REPORT_FILES.html, renderHtml(report)],
    [REPORT_FILES.markdown, renderMarkdown(report)],
    [REPORT_FILES.json, renderJson(report)],
    [REPORT_FILES.latex, renderLatex(report)],
    [REPORT_FILES.rows, rowLines(rows)],
    [REPORT_FILES.rowsPage, renderRowsPage({ report, rows, titles })],
  ];
}

import { join } from 'node:path';
import { writeSealed } from '../../platform/files.js';
import { checkOutputFiles } from '../../platform/output-place.js';
import type { Evaluated } from '../report.js';

/** The files of a report. */
export const REPORT_FILES = {
  html: 'report.html',
  markdown: 'report.md',
  json: 'report.json',
  latex: 'report.tex',
  rows: 'rows.jsonl',
  rowsPage: 'rows.html',
} as const;

/** Makes sure, before long work begins, that a report can be written there. Throws RectuneError (platform/output-place.ts). */
export function checkReportFolder(directory: string): void {
  checkOutputFiles(Object.values(REPORT_FILES).map((name) => join(directory, name)));
}

/**
 * Writes the files of a report into a folder, each of them whole or not at all; other files there stay.
 * throws  RectuneError (platform/file-errors.ts)
 */
export async function writeReport(evaluated: Evaluated, directory: string): Promise<void> {
  // The plotting library takes a quarter of a second to load: only those who draw pay for it.
  const { renderedFiles } = await import('./rendered-files.js');
  for (const [name, text] of renderedFiles(evaluated)) writeSealed(join(directory, name), text);
}

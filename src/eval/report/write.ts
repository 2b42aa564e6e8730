import { join } from 'node:path';
import type { Report } from '../../core/report.js';
import { writeSealed } from '../../platform/files.js';
import { checkOutputFiles } from '../../platform/output-place.js';
import { renderJson } from './json.js';
import { renderMarkdown } from './markdown.js';

/** The files of a report. */
export const REPORT_FILES = { html: 'report.html', markdown: 'report.md', json: 'report.json' } as const;

/** Makes sure, before long work begins, that a report can be written there. Throws RectuneError (platform/output-place.ts). */
export function checkReportFolder(directory: string): void {
  checkOutputFiles(Object.values(REPORT_FILES).map((name) => join(directory, name)));
}

/**
 * Writes report.html, report.md and report.json into a folder, each of them whole or not at all; other files there stay.
 * throws  RectuneError (platform/file-errors.ts)
 */
export async function writeReport(report: Report, directory: string): Promise<void> {
  // The plotting library takes a quarter of a second to load: only those who draw pay for it.
  const { renderHtml } = await import('./html.js');
  writeSealed(join(directory, REPORT_FILES.html), renderHtml(report));
  writeSealed(join(directory, REPORT_FILES.markdown), renderMarkdown(report));
  writeSealed(join(directory, REPORT_FILES.json), renderJson(report));
}

import type { Report } from '../../core/report.js';

/** A report as JSON; core/report.ts is its schema. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

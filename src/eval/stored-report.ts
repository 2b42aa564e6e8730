import { RectuneError } from '../core/errors.js';
import { Report } from '../core/report.js';
import type { Store } from '../store/store.js';

/**
 * The newest report of a run.
 *
 * throws RectuneError 'usage' for an unknown run, a run without a report, and a report that another version of the program made
 */
export function storedReport(store: Store, runId: string): Report {
  const run = store.runs.get(runId);
  const where = `run ${run.id}`;
  const fix = `make one: rectune report ${run.id}`;
  const stored = store.reports.newest(run.id);
  if (!stored) throw new RectuneError('usage', `run "${run.id}" has no report`, where, fix);
  const read = Report.safeParse(JSON.parse(stored.json));
  if (read.success) return read.data;
  throw new RectuneError('usage', `the report of run "${run.id}" is of another version of this program`, where, fix);
}

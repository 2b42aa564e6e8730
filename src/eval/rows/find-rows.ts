import { join } from 'node:path';
import { RectuneError } from '../../core/errors.js';
import { parseAs } from '../../core/parse.js';
import { PROBES, type ProbeName } from '../../core/probe.js';
import { SeenRow } from '../../core/report-rows.js';
import { exists, isFolder } from '../../platform/files.js';
import { jsonLines } from '../../platform/json-lines.js';
import type { Store } from '../../store/store.js';
import { REPORT_FILES } from '../report/write.js';
import { isProbed, mostChangedFirst, worstFirst } from './row-groups.js';

/** Which of a report's rows. */
export interface RowQuery {
  readonly task?: string | undefined;
  readonly split?: string | undefined;
  readonly probe?: ProbeName | undefined; // rows that it asked, those first on which the adapter changes most
  readonly part?: string | undefined; // "wording=unseen in train"
}

/**
 * Rows of a report, those first of which the adapter is furthest off.
 *
 * report  a run, whose newest report it is; or a rows.jsonl, or the folder of one
 * throws  RectuneError 'usage' when there is no such report, or nothing in it fits; 'data' when the file is no such file
 */
export function findRows(store: () => Store, report: string, query: RowQuery): SeenRow[] {
  const file = rowsFile(store, report);
  const { task, split, part, probe } = query;
  const [by = '', name] = part === undefined ? [] : cutAt(part);
  const all = [...jsonLines(file)].map(({ line, value }) => parseAs(SeenRow, value, `${file}:${line}`, 'data'));
  const found = all.filter(
    (row) =>
      (task === undefined || row.task === task) &&
      (split === undefined || row.split === split) &&
      (probe === undefined || isProbed(row, probe)) &&
      (part === undefined || Object.entries(row.parts).some(([kind, of]) => kind === by && of === name)),
  );
  if (found.length > 0 || all.length === 0)
    return probe === undefined ? worstFirst(found) : mostChangedFirst(found, probe);
  throw new RectuneError('usage', 'no row of the report fits', file, `choose among ${choices(all)}`);
}

/** "wording=seen in train": names may hold more signs of that kind. */
function cutAt(part: string): [string, string] {
  const at = part.indexOf('=');
  if (at > 0) return [part.slice(0, at), part.slice(at + 1)];
  throw new RectuneError(
    'usage',
    `--part ${part} names no part`,
    'rectune rows',
    "write KIND=NAME: --part 'wording=unseen in train'",
  );
}

function choices(rows: readonly SeenRow[]): string {
  const groups = [...new Set(rows.map(({ task, split }) => `--task ${task} --split ${split}`))];
  const parts = [
    ...new Set(rows.flatMap(({ parts: all }) => Object.entries(all).map(([by, name]) => `--part '${by}=${name}'`))),
  ];
  const probes = PROBES.filter((probe) => rows.some((row) => isProbed(row, probe))).map((probe) => `--probe ${probe}`);
  return [...groups, ...probes, ...parts].slice(0, 12).join(', ');
}

function rowsFile(store: () => Store, report: string): string {
  if (isFolder(report)) return join(report, REPORT_FILES.rows);
  if (exists(report)) return report;
  const run = store().runs.get(report);
  const stored = store().reports.newest(run.id);
  const file = stored && join(stored.directory, REPORT_FILES.rows);
  if (file !== undefined && exists(file)) return file;
  throw new RectuneError(
    'usage',
    file === undefined ? `run "${run.id}" has no report` : `${file} is not there`,
    `run ${run.id}`,
    `make one: rectune report ${run.id}`,
  );
}

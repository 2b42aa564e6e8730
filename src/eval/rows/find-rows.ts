import { join } from 'node:path';
import { RectuneError } from '../../core/errors.js';
import { parseAs } from '../../core/parse.js';
import { PROBES, type ProbeName } from '../../core/probe.js';
import { SeenRow } from '../../core/report-rows.js';
import { exists, isFolder } from '../../platform/files.js';
import { jsonLines } from '../../platform/json-lines.js';
import type { Store } from '../../store/store.js';
import { REPORT_FILES } from '../report/write.js';
import { furthestApartFirst, isProbed, mostChangedFirst, worstFirst, worstOfRunFirst } from './row-groups.js';

/** Which of a report's rows. */
export interface RowQuery {
  readonly task?: string | undefined;
  readonly split?: string | undefined;
  readonly probe?: ProbeName | undefined; // rows that it asked, those first on which the adapter changes most
  readonly by?: string | undefined; // rows that another run's adapter answered, those first of which it is furthest off
  readonly seeds?: string | undefined; // rows that an ID model answered under several seeds, those first on which these are furthest apart
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
  const { task, split, part, probe, by: run, seeds } = query;
  const [by = '', name] = part === undefined ? [] : cutAt(part);
  const all = [...jsonLines(file)].map(({ line, value }) => parseAs(SeenRow, value, `${file}:${line}`, 'data'));
  const found = all.filter(
    (row) =>
      (task === undefined || row.task === task) &&
      (split === undefined || row.split === split) &&
      (probe === undefined || isProbed(row, probe)) &&
      (run === undefined || row.runs?.[run] !== undefined) &&
      (seeds === undefined || row.seeds?.[seeds] !== undefined) &&
      (part === undefined || Object.entries(row.parts).some(([kind, of]) => kind === by && of === name)),
  );
  if (found.length > 0 || all.length === 0) return inOrderOf(found, query);
  throw new RectuneError('usage', 'no row of the report fits', file, `choose among ${choices(all)}`);
}

function inOrderOf(rows: readonly SeenRow[], { probe, by, seeds }: RowQuery): SeenRow[] {
  if (probe !== undefined) return mostChangedFirst(rows, probe);
  if (by !== undefined) return worstOfRunFirst(rows, by);
  return seeds === undefined ? worstFirst(rows) : furthestApartFirst(rows, seeds);
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
  const keysOf = (values: readonly (object | undefined)[]) => [
    ...new Set(values.flatMap((one) => Object.keys(one ?? {}))),
  ];
  const runs = keysOf(rows.map((row) => row.runs)).map((run) => `--by ${run}`);
  const models = keysOf(rows.map(({ seeds }) => seeds)).map((model) => `--seeds ${model}`);
  return [...groups, ...probes, ...runs.slice(0, 3), ...models.slice(0, 3), ...parts].slice(0, 15).join(', ');
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

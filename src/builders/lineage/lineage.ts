import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import { type Instruction, Split } from '../../core/instruction.js';
import type { HoldingSet, ShowingRow, StoredLine } from '../../store/lineage-store.js';
import type { Store } from '../../store/store.js';

/** A line of the log; facts are null when the store no longer has it. */
export type LogLine = { readonly file: string } & (StoredLine | { readonly line: number; readonly user: null });

/** One row: what it was made from, down to the log, and what was made of it. */
export interface RowLineage {
  readonly version: Pick<DatasetVersion, 'name' | 'hash' | 'recipe' | 'recipeHash' | 'program'>;
  readonly split: Split;
  readonly row: number;
  readonly template: { readonly id: string; readonly version: number; readonly hash: string | null };
  readonly prompt: string;
  readonly answer: string;
  readonly target: LogLine;
  readonly history: readonly LogLine[]; // oldest first
  readonly source: {
    readonly id: string;
    readonly hash: string; // of the import that the version was built from
    readonly isStored: boolean; // whether that import is still in the store; if not, lines are those of another one or of none
    readonly files: readonly { readonly role: string; readonly name: string; readonly sha256: string }[];
  };
  /** Of a curated version: the row that it was before, and before that, back to the version that was built. */
  readonly parents: readonly {
    readonly version: string;
    readonly name: string | null;
    readonly row: number;
    readonly steps: readonly string[];
  }[];
  readonly runs: readonly { readonly id: string; readonly trainedOn: 'this row' | 'other rows' | 'unknown' }[];
  readonly predictions: readonly HoldingSet[];
  readonly reports: readonly { readonly id: string; readonly run: string; readonly directory: string }[];
}

/** One line of the log: which rows of which versions show it. */
export interface LineLineage {
  readonly source: string;
  readonly line: LogLine;
  readonly total: number;
  readonly rows: readonly (ShowingRow & { readonly isSameImport: boolean })[]; // false: the version was built from another import of the source
}

/** Lineage of a row. Throws RectuneError 'usage' without such a row. */
export function rowLineage(store: Store, version: DatasetVersion, split: Split, row: number): RowLineage {
  const found = store.versions.instruction(version.hash, split, row);
  if (!found) {
    const fix = `write a number from 0 to ${version.counts[split] - 1}`;
    const what = `${split} of ${version.name} has no row ${row}`;
    throw new RectuneError(
      'usage',
      what,
      version.hash.slice(0, 12),
      version.counts[split] > 0 ? fix : 'name another split',
    );
  }
  const { name, hash, recipe, recipeHash, program, sourceId, sourceHash } = version;
  const source = store.sources.find(sourceId);
  const lineOf = (line: number) => logLine(store, sourceId, line);
  const runs = store.lineage.runs(hash);
  const predictions = store.lineage.predictions(hash, split, row);
  const reportedRuns = new Set(predictions.map(({ run }) => run));
  return {
    version: { name, hash, recipe, recipeHash, program },
    split,
    row,
    template: {
      id: found.templateId,
      version: found.templateVersion,
      hash: version.templates.find(({ id }) => id === found.templateId)?.hash ?? null,
    },
    prompt: found.prompt,
    answer: found.answer,
    target: lineOf(found.target),
    history: found.historyInteractions.map(lineOf),
    source: {
      id: sourceId,
      hash: sourceHash,
      isStored: source?.hash === sourceHash,
      files: (source?.files ?? []).map(({ role, name: file, sha256 }) => ({ role, name: file, sha256 })),
    },
    parents: parentsOf(store, version, found),
    runs: runs.map((id) => ({ id, trainedOn: split === 'train' ? trainedOn(store, id, row) : 'other rows' })),
    predictions,
    reports: store.lineage.reports(hash).filter(({ run }) => reportedRuns.has(run)),
  };
}

/** Lineage of a line of the log. limit: most rows. Throws RectuneError 'usage' when nothing was read from that line. */
export function lineLineage(store: Store, sourceId: string, line: number, limit: number): LineLineage {
  const source = store.sources.find(sourceId);
  const found = logLine(store, sourceId, line);
  const showing = [...store.lineage.rowsShowing(sourceId, line)];
  const total = showing.length;
  if (found.user === null && total === 0) {
    const fix = `rectune rejects ${sourceId} shows lines that could not be read; lines count from 1, the header too`;
    throw new RectuneError('usage', `line ${line} of "${sourceId}" is no interaction`, found.file, fix);
  }
  const hashOf = new Map(store.versions.list().map(({ hash, sourceHash }) => [hash, sourceHash]));
  return {
    source: sourceId,
    line: found,
    total,
    rows: showing.slice(0, limit).map((row) => ({ ...row, isSameImport: hashOf.get(row.version) === source?.hash })),
  };
}

/** Of a log in several files the one in which the line stands, and the line there. */
function logLine(store: Store, sourceId: string, line: number): LogLine {
  const files = store.sources.find(sourceId)?.files.filter(({ role }) => role === 'interactions') ?? [];
  const file = files.findLast(({ before }) => before < line);
  const found = store.lineage.line(sourceId, line) ?? { line, user: null };
  return { file: file?.name ?? sourceId, ...found, line: line - (file?.before ?? 0) };
}

function parentsOf(store: Store, version: DatasetVersion, row: Instruction): RowLineage['parents'] {
  const { curation } = version;
  if (!curation || row.parentRow === undefined) return [];
  const parent = store.versions.find(curation.parent);
  const steps = curation.steps.map(({ settings }) => settings.kind);
  const here = { version: curation.parent, name: parent?.name ?? null, row: row.parentRow, steps };
  const before = parent && store.versions.instruction(parent.hash, row.split, row.parentRow);
  return [here, ...(parent && before ? parentsOf(store, parent, before) : [])];
}

/** A run keeps which rows it drew; null: all of them. */
function trainedOn(store: Store, run: string, row: number): RowLineage['runs'][number]['trainedOn'] {
  const config = store.runs.find(run)?.config;
  if (!config) return 'unknown';
  return config.rows === null || config.rows.includes(row) ? 'this row' : 'other rows';
}

/** What a user wrote: VERSION/SPLIT/N or SOURCE:LINE. Throws RectuneError 'usage' for anything else. */
export function parsePlace(
  text: string,
): { of: 'row'; version: string; split: Split; row: number } | { of: 'line'; source: string; line: number } {
  const row = /^([^/]+)\/([a-z]+)\/(\d+)$/.exec(text);
  const split = Split.safeParse(row?.[2]);
  if (row && split.success) return { of: 'row', version: row[1] as string, split: split.data, row: Number(row[3]) };
  const line = /^(.+):(\d+)$/.exec(text);
  if (line) return { of: 'line', source: line[1] as string, line: Number(line[2]) };
  const fix = 'write VERSION/SPLIT/N for a row, such as tallrec-movie/test/12, or SOURCE:LINE, such as ml-100k:345';
  throw new RectuneError('usage', `"${text}" names neither a row nor a line of a log`, 'rectune lineage', fix);
}

import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Reject } from '../core/interaction.js';
import type { SourceFile } from '../core/source.js';
import { isReadable } from './open-file.js';

export function stopped(path: string): RectuneError {
  const what = 'the import was stopped: nothing of it is kept, and the store is as it was before';
  return new RectuneError('stopped', what, path, 'give the same command again');
}

export function changedWhileRead(path: string): RectuneError {
  const fix = 'import again when nothing writes to it any more';
  return new RectuneError('data', 'the file changed while it was read', path, fix);
}

export function nothingRead(path: string, rejects: number, folder: string, first: Reject | undefined): RectuneError {
  if (!first) return new RectuneError('data', 'the log has no row', path, 'put the file of the log there');
  return new RectuneError(
    'data',
    `none of the ${rejects} rows of the log can be read: ${first.reason}`,
    `${join(folder, first.file)}:${first.line}: ${first.text.slice(0, 80)}`,
    'correct the delimiter, the columns or the encoding in source.yaml',
  );
}

/** Throws RectuneError 'data' when more rows of a table cannot be read than are let pass; it tells the most frequent reasons, and where. */
export function refuseRejects(
  files: readonly SourceFile[],
  most: string | undefined,
  folder: string,
  rejects: readonly Reject[],
): void {
  if (most === undefined || most === 'all') return;
  for (const role of new Set(files.map((file) => file.role))) {
    const table = files.filter((file) => file.role === role);
    const unreadable = sum(table, 'unreadable');
    const all = sum(table, 'rows') + sum(table, 'rejects') + sum(table, 'merged');
    const limit = most.endsWith('%') ? (Number.parseFloat(most) / 100) * all : Number(most);
    if (unreadable <= limit) continue;
    const own = rejects.filter(({ file, reason }) => !isReadable(reason) && table.some(({ name }) => name === file));
    const reasons = new Map<string, { times: number; first: Reject }>();
    for (const one of own) {
      const known = reasons.get(one.reason);
      reasons.set(one.reason, { times: (known?.times ?? 0) + 1, first: known?.first ?? one });
    }
    const told = [...reasons].sort(([, a], [, b]) => b.times - a.times).slice(0, 3);
    const words = told.map(
      ([
        reason,
        {
          first: { file, line, offset },
        },
      ]) => `${reason} (e.g. ${file}:${line}${offset === null ? '' : `, byte ${offset}`})`,
    );
    const share = ((100 * unreadable) / all).toFixed(1);
    const names = table.map(({ name }) => name).join(', ');
    const what = `${unreadable} of ${all} rows of ${names} (${share} %) cannot be read, and at most ${most} may be: ${words.join('; ')}`;
    const fix = 'correct the file or its source.yaml; or let them pass: --max-rejects all. Nothing was kept';
    throw new RectuneError('data', what, join(folder, table[0]?.name ?? ''), fix);
  }
}

/** Of several files together. */
export function sum(files: readonly SourceFile[], key: 'rows' | 'rejects' | 'merged' | 'unreadable'): number {
  return files.reduce((total, file) => total + file[key], 0);
}

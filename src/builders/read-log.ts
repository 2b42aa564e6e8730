import { RectuneError } from '../core/errors.js';
import { type LogColumns, rowsBetween } from '../core/log-columns.js';
import type { Store } from '../store/store.js';
import { type LogRows, LogTable } from './log-table.js';
import { MOST_ROWS_IN_MEMORY } from './user-sequences.js';

/**
 * A log of the store, in memory where it is no longer than `mostRows`; a longer one is read from the store each time that somebody goes through it.
 *
 * throws  RectuneError 'data', also while it is gone through, when the log was imported again since
 */
export function readLog(store: Store, sourceId: string, mostRows: number = MOST_ROWS_IN_MEMORY): LogRows {
  const log = storedLog(store, sourceId);
  return log.size <= mostRows ? new LogTable(log) : log;
}

function storedLog({ sources, folder }: Store, sourceId: string): LogRows {
  const hash = sources.find(sourceId)?.hash;
  const size = sources.rowCount(sourceId);
  return {
    size,
    userIds: sources.userIds(sourceId),
    itemIds: sources.itemIds(sourceId),
    attributeNames: new Set(sources.attributeNames(sourceId)),
    // Not all at once: reviews would fill the memory.
    attributesAt: (lines) => sources.attributesAt(sourceId, lines),
    *batches(): Generator<LogColumns, void> {
      let left = size;
      for (const batch of sources.columns(sourceId)) {
        if (left === size && sources.find(sourceId)?.hash !== hash) break; // positions and lines are of another log
        yield batch.size <= left ? batch : rowsBetween(batch, 0, left);
        left -= batch.size;
        if (left <= 0) return;
      }
      if (left === 0) return;
      const what = `the log "${sourceId}" was imported again while it was read`;
      throw new RectuneError('data', what, folder, 'give the same command again');
    },
  };
}

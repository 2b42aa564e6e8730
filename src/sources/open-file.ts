import type { LogFiles } from './log-files.js';

export const NOT_IN_ITEMS = 'item is not in the item file';

/** Whether a rejected row can be read all the same: it lacks its item, or comes after another of its id. */
export function isReadable(reason: string): boolean {
  return reason === NOT_IN_ITEMS || reason.endsWith(' is named again');
}

/** Tells how many rows of a table could not be used because the item file lacks their item; nothing when there are none. */
export function lackWarning(lacking: number, files: Pick<LogFiles, 'seen' | 'label'>, items: string): string[] {
  if (lacking === 0) return [];
  const all = files.seen;
  const share = ((100 * lacking) / all).toFixed(1);
  return [`${lacking} of ${all} rows of ${files.label} (${share} %) name an item that ${items} does not have`];
}

import { sha256 } from '../../platform/files.js';
import type { JudgeMaker } from './judge.js';

/** Rows that mean the same as an earlier one: same user, history items, target, template, and answer where that is asked for. */
export const exactDuplicates: JudgeMaker<'exact-duplicates'> = ({ answer: withAnswer }, { log }) => {
  const first = new Map<string, number>();
  return ({ row, userId, itemId, templateId, answer, historyInteractions }) => {
    const history = historyInteractions.map((line) => log.itemOf(userId, line));
    const meaning = [userId, history, itemId, templateId, ...(withAnswer ? [answer] : [])];
    const key = sha256(JSON.stringify(meaning)).slice(0, 32); // 128 bits: a million rows hold no two alike by chance
    const before = first.get(key);
    if (before === undefined) first.set(key, row);
    return before === undefined ? undefined : `row ${before} means the same`;
  };
};

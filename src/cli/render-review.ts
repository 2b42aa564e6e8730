import type { Instruction } from '../core/instruction.js';

/** A row as a person judges it: what the model reads, what it must write, and where it comes from. */
export function renderRow(row: Instruction, source: string, note: string): string {
  const { split, userId, itemId, label, answer, prompt, templateId, target, historyInteractions, parentRow } = row;
  const said = label === null ? 'no label' : label ? 'liked' : 'not liked';
  const history = historyInteractions.length > 0 ? `, history lines ${historyInteractions.join(', ')}` : '';
  const parent = parentRow === undefined ? '' : `; row ${parentRow} of the parent`;
  return [
    `--- ${split} row ${row.row}: user ${userId}, item ${itemId}, ${said}${note === '' ? '' : ` (${note})`}`,
    prompt,
    `--- answer: ${answer}`,
    `--- ${templateId}; ${source} line ${target}${history}${parent}`,
  ].join('\n');
}

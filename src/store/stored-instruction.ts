import type { ByteRange, Instruction } from '../core/instruction.js';
import type { Value } from './batch-insert.js';

type Text = 'userId' | 'itemId' | 'templateId' | 'answer' | 'prompt';

/** A row of the table `instructions` (migration 0014 says what stands where). */
export type StoredInstruction = Pick<Instruction, Text | 'row' | 'split' | 'templateVersion'> & {
  readonly label: number | null;
  readonly lines: string;
  readonly parentRow: number | null;
  readonly marks: string;
  readonly parts: string;
  readonly answers: string | null;
};

/** In the order of storedValues. The two keys stand before them. */
export const STORED_COLUMNS = [
  'split',
  'row',
  'user_id',
  'item_id',
  'label',
  'template_id',
  'template_version',
  'lines',
  'parent_row',
  'marks',
  'parts',
  'answers',
  'answer',
  'prompt',
] as const;

export const SELECT_STORED = `select split, row, user_id as userId, item_id as itemId, label, template_id as templateId,
  template_version as templateVersion, lines, parent_row as parentRow, marks, parts, answers, answer, prompt`;

export function storedValues(one: Instruction): Value[] {
  return [
    one.split,
    one.row,
    one.userId,
    one.itemId,
    one.label === null ? null : Number(one.label),
    one.templateId,
    one.templateVersion,
    one.historyInteractions.length === 0 ? String(one.target) : `${one.target} ${one.historyInteractions.join(' ')}`,
    one.parentRow ?? null,
    JSON.stringify([one.values, one.history, one.historyLabels]),
    JSON.stringify([partOf(one.prompt, one.instruction), partOf(one.prompt, one.input)]),
    one.choices === null ? null : JSON.stringify([one.scored, one.choices, one.candidates]),
    one.answer,
    one.prompt,
  ];
}

export function toInstruction(stored: StoredInstruction): Instruction {
  const [values, history, historyLabels] = JSON.parse(stored.marks);
  const [scored, choices, candidates] = stored.answers === null ? [null, null, null] : JSON.parse(stored.answers);
  const [instruction, input] = JSON.parse(stored.parts) as [Part, Part];
  const [target, ...historyInteractions] = stored.lines.split(' ').map(Number) as [number, ...number[]];
  const bytes = Buffer.from(stored.prompt);
  return {
    row: stored.row,
    split: stored.split,
    ...(stored.parentRow === null ? {} : { parentRow: stored.parentRow }),
    userId: stored.userId,
    itemId: stored.itemId,
    label: stored.label === null ? null : stored.label === 1,
    choices,
    scored,
    candidates,
    templateId: stored.templateId,
    templateVersion: stored.templateVersion,
    instruction: textOf(bytes, instruction),
    input: textOf(bytes, input),
    answer: stored.answer,
    prompt: stored.prompt,
    values,
    history,
    historyLabels,
    target,
    historyInteractions,
  };
}

/** Bytes of the prompt that are the text; a text that the prompt does not hold stands for itself. */
type Part = ByteRange | string;

function partOf(prompt: string, text: string): Part {
  const at = text === '' ? -1 : prompt.indexOf(text);
  if (at < 0) return text;
  const begin = Buffer.byteLength(prompt.slice(0, at));
  return [begin, begin + Buffer.byteLength(text)];
}

function textOf(prompt: Buffer, part: Part): string {
  return typeof part === 'string' ? part : prompt.toString('utf8', part[0], part[1]);
}

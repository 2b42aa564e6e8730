import { fingerprintOf } from '../core/fingerprint.js';
import type { ByteRange, Instruction } from '../core/instruction.js';
import { utf8Length } from '../core/utf8-length.js';
import { ByteText } from '../platform/byte-text.js';
import type { BytePlace } from '../platform/staged-folder.js';
import type { Value } from './batch-insert.js';
import type { SealedText } from './sealed-texts.js';

/** A row of the table `instructions` (migration 0017 says what stands where). */
export type StoredInstruction = Pick<
  Instruction,
  'userId' | 'itemId' | 'templateId' | 'row' | 'split' | 'templateVersion'
> & {
  readonly label: number | null;
  readonly lines: string;
  readonly parentRow: number | null;
  readonly begin: number | null;
  readonly length: number | null;
  readonly shape: string;
  readonly answers: string | null;
  readonly ownText: string | null;
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
  'fingerprint',
  'characters',
  'line_begin',
  'line_length',
  'shape',
  'answers',
  'own_text',
] as const;

export const SELECT_STORED = `select split, row, user_id as userId, item_id as itemId, label, template_id as templateId,
  template_version as templateVersion, lines, parent_row as parentRow, line_begin as begin, line_length as length, shape, answers,
  own_text as ownText`;

/** place  of the row's line in the sealed file; undefined: the row holds its text itself */
export function storedValues(one: Instruction, place: BytePlace | undefined): Value[] {
  const { prompt } = one;
  const bytes = utf8Length(prompt);
  return [
    one.split,
    one.row,
    one.userId,
    one.itemId,
    one.label === null ? null : Number(one.label),
    one.templateId,
    one.templateVersion,
    linesOf(one),
    one.parentRow ?? null,
    fingerprintOf(prompt, one.answer),
    bytes === prompt.length ? bytes : codePoints(prompt),
    place?.begin ?? null,
    place?.length ?? null,
    shapeOf(one, bytes === prompt.length),
    answersOf(one),
    place ? null : JSON.stringify([one.values, one.history, one.answer, prompt]),
  ];
}

/** sealed  undefined: the row holds its text itself */
export function toInstruction(stored: StoredInstruction, sealed: SealedText | undefined): Instruction {
  const { prompt, answer, values, history } = sealed ?? ownText(stored);
  const [labels, instruction, input] = JSON.parse(stored.shape) as [string, Part, Part];
  const [scored, choices, candidates] = stored.answers === null ? [null, null, null] : JSON.parse(stored.answers);
  const [target, ...historyInteractions] = stored.lines.split(' ').map(Number) as [number, ...number[]];
  const bytes = Buffer.from(prompt);
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
    answer,
    prompt,
    values,
    history,
    historyLabels: Array.from(labels, (label) => (label === '-' ? null : label === '1')),
    target,
    historyInteractions,
  };
}

function ownText({ ownText }: StoredInstruction): SealedText {
  const [values, history, answer, prompt] = JSON.parse(ownText as string);
  return { values, history, answer, prompt };
}

/** Bytes of the prompt that are the text; a text that the prompt does not hold stands for itself. */
type Part = ByteRange | string;

/** Where in the last prompt instruction and input began: in most versions the same in all rows. */
const lastBegins = { instruction: 0, input: 0 };

const text = new ByteText(); // of columns: put together as bytes, a row leaves one string a column behind
const [SPACE, COMMA, OPEN, CLOSE, ZERO, ONE, DASH] = [0x20, 0x2c, 0x5b, 0x5d, 0x30, 0x31, 0x2d];

function linesOf({ target, historyInteractions }: Instruction): string {
  text.number(target);
  for (const line of historyInteractions) {
    text.byte(SPACE);
    text.number(line);
  }
  return text.takeText();
}

function shapeOf(one: Instruction, isAscii: boolean): string {
  text.text('["');
  for (const label of one.historyLabels) text.byte(label === null ? DASH : label ? ONE : ZERO);
  text.text('",');
  putPart(one, 'instruction', isAscii);
  text.byte(COMMA);
  putPart(one, 'input', isAscii);
  text.byte(CLOSE);
  return text.takeText();
}

function putPart(one: Instruction, name: 'instruction' | 'input', isAscii: boolean): void {
  const { prompt } = one;
  const part = one[name];
  let at = part === '' ? -1 : prompt.indexOf(part, lastBegins[name]);
  if (at < 0 && part !== '' && lastBegins[name] > 0) at = prompt.indexOf(part);
  if (at < 0) {
    text.json(part);
    return;
  }
  lastBegins[name] = at;
  const begin = isAscii ? at : Buffer.byteLength(prompt.slice(0, at));
  text.byte(OPEN);
  text.number(begin);
  text.byte(COMMA);
  text.number(begin + (isAscii ? part.length : Buffer.byteLength(part)));
  text.byte(CLOSE);
}

function textOf(prompt: Buffer, part: Part): string {
  return typeof part === 'string' ? part : prompt.toString('utf8', part[0], part[1]);
}

let lastAnswers: { scored: Instruction['scored']; choices: readonly string[]; json: string } | undefined;

/** Most rows of a version have the answers of the row before. */
function answersOf({ scored, choices, candidates }: Instruction): string | null {
  if (choices === null) return null;
  if (candidates !== null) return JSON.stringify([scored, choices, candidates]);
  const same =
    lastAnswers?.scored === scored &&
    lastAnswers.choices.length === choices.length &&
    choices.every((choice, i) => choice === lastAnswers?.choices[i]);
  if (!same) lastAnswers = { scored, choices: [...choices], json: JSON.stringify([scored, choices, null]) };
  return (lastAnswers as { json: string }).json;
}

/** As SQLite counts them: two UTF-16 units of a pair are one. */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

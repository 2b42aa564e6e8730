import { jointWith } from '../core/fingerprint.js';
import type { Instruction, Split } from '../core/instruction.js';
import { type MadePart, type MadeRow, NO_LABEL } from '../core/made-row.js';
import type { BytePlace } from '../platform/staged-folder.js';
import { Names } from './names.js';
import { packNumbers } from './number-column.js';

/** Rows of a block: one row is found by reading a block, and 1024 are as fast to write as any more. */
export const BLOCK_ROWS = 1024;

/** Texts of one block beyond which it is closed: rows that hold their text themselves, or long lists of candidates. */
const MOST_TEXT = 1 << 20; // characters

/** Where a number stands for "none": no row has that number, no place in a prompt. */
export const NONE = 0xffffffff;

/**
 * In the place of a number of lines: the history is that of the row before without its first item and with its target behind, as in windows
 * that slide over a log, and of lines and labels only those that are new stand there.
 */
export const SLIDES = 0;

/** A block as SQLite has it: migration 0018 says what stands where. Blobs are columns (number-column.ts). */
export interface StoredBlock {
  readonly split: Split;
  readonly firstRow: number;
  readonly size: number;
  readonly users: string;
  readonly userOf: Uint8Array;
  readonly items: string;
  readonly itemOf: Uint8Array;
  readonly templates: string;
  readonly templateOf: Uint8Array;
  readonly labels: Uint8Array;
  readonly characters: Uint8Array;
  readonly counts: Uint8Array;
  readonly lines: Uint8Array;
  readonly lows: Uint8Array;
  readonly highs: Uint8Array;
  readonly bits: number; // of the fingerprints
  readonly answers: string;
  readonly answerOf: Uint8Array;
  readonly rows: Uint8Array | null;
  readonly parents: Uint8Array | null;
  readonly labelCounts: Uint8Array | null;
  readonly historyLabels: Uint8Array;
  readonly parts: Uint8Array;
  readonly ownParts: string | null;
  readonly lengths: Uint8Array;
  readonly firstBegin: number;
  readonly begins: Uint8Array | null;
  readonly ownTexts: string | null;
}

/** Rows of one split on their way into a block. */
export class InstructionColumns {
  readonly #split: Split;
  #size = 0;
  readonly #users = new Names(BLOCK_ROWS);
  readonly #items = new Names(BLOCK_ROWS);
  readonly #templates = new Names(BLOCK_ROWS);
  readonly #answers = new Names(BLOCK_ROWS);
  readonly #rows = new Uint32Array(BLOCK_ROWS);
  readonly #labels = new Uint8Array(BLOCK_ROWS);
  readonly #characters = new Uint32Array(BLOCK_ROWS);
  readonly #counts = new Uint32Array(BLOCK_ROWS); // lines of each row, or SLIDES
  readonly #labelCounts = new Uint32Array(BLOCK_ROWS);
  #hasOtherLabels = false; // whether a history has more or fewer labels than items
  #lines = new Uint32Array(16 * BLOCK_ROWS); // of each row the target, then the history
  #historyLabels = new Uint8Array(16 * BLOCK_ROWS);
  #lineCount = 0;
  #labelCount = 0;
  readonly #last = new LastHistory(); // of the block
  readonly #lows = new Uint32Array(BLOCK_ROWS);
  readonly #highs = new Uint32Array(BLOCK_ROWS);
  readonly #parents = new Uint32Array(BLOCK_ROWS);
  #hasParents = false;
  readonly #parts = new Uint32Array(PARTS * BLOCK_ROWS);
  #ownParts: string[] = [];
  readonly #lengths = new Uint32Array(BLOCK_ROWS);
  readonly #begins = new Float64Array(BLOCK_ROWS);
  #ownTexts: string[] = [];
  #text = 0; // characters of answers and of texts
  #lastRow = -1;
  readonly #lastBegins = [0, 0]; // where in the last prompt instruction and input began: in most versions the same in all rows

  constructor(split: Split) {
    this.#split = split;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === BLOCK_ROWS || this.#text >= MOST_TEXT;
  }

  /**
   * Takes a row. Not when it is full.
   *
   * place   of the row's line in the sealed file; undefined: the row holds its text itself
   * throws  RangeError for a row that does not come behind the one before
   */
  add(one: MadeRow, place: BytePlace | undefined): void {
    if (one.row <= this.#lastRow)
      throw new RangeError(`row ${one.row} of ${one.split} comes behind row ${this.#lastRow}`);
    this.#lastRow = one.row;
    const at = this.#size++;
    this.#rows[at] = one.row;
    this.#users.set(at, one.userId);
    this.#items.set(at, one.itemId, one.itemNumber);
    this.#templates.set(at, templateName(one));
    this.#labels[at] = one.label === null ? NO_LABEL : Number(one.label);
    this.#characters[at] = one.isAscii ? one.length : codePoints(one);
    this.#putLines(at, one);
    const { low, high } = jointWith(one.fingerprint(), one.answer);
    this.#lows[at] = low;
    this.#highs[at] = high;
    const answers = answersOf(one);
    if (this.#answers.set(at, answers)) this.#text += answers.length;
    this.#parents[at] = one.parentRow ?? NONE;
    if (one.parentRow !== undefined) this.#hasParents = true;
    this.#putPart(PARTS * at, 0, one);
    this.#putPart(PARTS * at, 1, one);
    this.#begins[at] = place?.begin ?? 0;
    this.#lengths[at] = place?.length ?? 0;
    if (place !== undefined) return;
    const { values, history, answer, prompt } = one.instruction();
    const own = JSON.stringify([values, history, answer, prompt]);
    this.#ownTexts.push(own);
    this.#text += own.length;
  }

  /** The rows so far, and room again. Not when there are none. */
  take(): StoredBlock {
    const size = this.#size;
    const rows = this.#rows.subarray(0, size);
    const [firstRow, lastRow] = [rows[0] as number, rows[size - 1] as number];
    const begins = this.#begins.subarray(0, size);
    const lengths = this.#lengths.subarray(0, size);
    const block: StoredBlock = {
      split: this.#split,
      firstRow,
      size,
      ...this.#users.take('users', 'userOf', size),
      ...this.#items.take('items', 'itemOf', size),
      ...this.#templates.take('templates', 'templateOf', size),
      labels: packNumbers(this.#labels.subarray(0, size)),
      characters: packNumbers(this.#characters.subarray(0, size)),
      counts: packNumbers(this.#counts.subarray(0, size)),
      lines: packNumbers(this.#lines.subarray(0, this.#lineCount)),
      lows: packNumbers(this.#lows.subarray(0, size)),
      highs: packNumbers(this.#highs.subarray(0, size)),
      bits: 64,
      ...this.#answers.take('answers', 'answerOf', size),
      rows: lastRow === firstRow + size - 1 ? null : packNumbers(rows), // for they grow
      parents: this.#hasParents ? packNumbers(this.#parents.subarray(0, size)) : null,
      labelCounts: this.#hasOtherLabels ? packNumbers(this.#labelCounts.subarray(0, size)) : null,
      historyLabels: packNumbers(this.#historyLabels.subarray(0, this.#labelCount)),
      parts: packNumbers(this.#parts.subarray(0, PARTS * size)),
      ownParts: this.#ownParts.length === 0 ? null : JSON.stringify(this.#ownParts),
      lengths: packNumbers(lengths),
      firstBegin: begins[0] as number,
      begins: followEachOther(begins, lengths) ? null : packNumbers(begins),
      ownTexts: this.#ownTexts.length === 0 ? null : this.#ownTexts.join('\n'),
    };
    this.#size = 0;
    this.#lineCount = 0;
    this.#labelCount = 0;
    this.#last.forget();
    this.#text = 0;
    this.#hasParents = false;
    this.#hasOtherLabels = false;
    this.#ownParts = [];
    this.#ownTexts = [];
    return block;
  }

  #putLines(at: number, one: MadeRow): void {
    const { lines, lineCount, labels, labelCount } = one;
    const slides = this.#last.slidesTo(one);
    this.#last.remember(one);
    while (this.#lineCount + 1 + lineCount > this.#lines.length) this.#lines = twice(this.#lines);
    while (this.#labelCount + labelCount > this.#historyLabels.length) this.#historyLabels = twice(this.#historyLabels);
    this.#lines[this.#lineCount++] = one.target;
    if (!slides) for (let i = 0; i < lineCount; i++) this.#lines[this.#lineCount++] = lines[i] as number;
    for (let i = slides ? labelCount - 1 : 0; i < labelCount; i++)
      this.#historyLabels[this.#labelCount++] = labels[i] as number;
    this.#counts[at] = slides ? SLIDES : 1 + lineCount;
    this.#labelCounts[at] = slides ? 1 : labelCount;
    if (labelCount !== lineCount) this.#hasOtherLabels = true;
  }

  /** Bytes of the prompt that the part is; a part that the prompt does not hold stands for itself. */
  #putPart(at: number, which: 0 | 1, one: MadeRow): void {
    const parts = this.#parts;
    const begins = at + 2 * which;
    const { begin, end, text } = one.parts[which] as MadePart;
    if (text === undefined) {
      parts[begins] = begin;
      parts[begins + 1] = end;
      return;
    }
    const prompt = one.prompt();
    const last = this.#lastBegins[which] as number;
    let found = text === '' ? 0 : prompt.indexOf(text, last);
    if (found < 0 && last > 0) found = prompt.indexOf(text);
    if (found < 0) {
      parts[begins] = NONE;
      parts[begins + 1] = this.#ownParts.push(text) - 1;
      return;
    }
    if (text !== '') this.#lastBegins[which] = found;
    const first = one.isAscii ? found : Buffer.byteLength(prompt.slice(0, found));
    parts[begins] = first;
    parts[begins + 1] = first + (one.isAscii ? text.length : Buffer.byteLength(text));
  }
}

/** Numbers of the parts of a row: begin and end of the instruction, begin and end of the input. */
export const PARTS = 4;

/** The history of the row before. */
class LastHistory {
  #lines = new Uint32Array(16); // the target's behind them
  #labels = new Uint8Array(16);
  #size = -1; // lines and labels; -1: none, or not as many of the one as of the other

  /** Whether a row's history is this one without its first item and with its target behind, labels included. */
  slidesTo({ lines, lineCount, labels, labelCount }: MadeRow): boolean {
    if (lineCount !== this.#size || lineCount === 0 || lineCount !== labelCount) return false;
    for (let i = 0; i < lineCount; i++) if (lines[i] !== this.#lines[i + 1]) return false;
    for (let i = 0; i < lineCount - 1; i++) if (labels[i] !== this.#labels[i + 1]) return false;
    return true;
  }

  remember({ lines, lineCount, labels, labelCount, target }: MadeRow): void {
    this.#size = lineCount === labelCount ? lineCount : -1;
    if (lineCount + 1 > this.#lines.length) {
      this.#lines = new Uint32Array(2 * (lineCount + 1));
      this.#labels = new Uint8Array(2 * (lineCount + 1));
    }
    for (let i = 0; i < lineCount; i++) {
      this.#lines[i] = lines[i] as number;
      this.#labels[i] = labels[i] as number;
    }
    this.#lines[lineCount] = target;
  }

  forget(): void {
    this.#size = -1;
  }
}

/** Whether each line begins where the one before ended, as those of a file that has these rows alone. */
function followEachOther(begins: Float64Array, lengths: Uint32Array): boolean {
  let next = begins[0] as number;
  for (let i = 0; i < begins.length; i++) {
    if (begins[i] !== next) return false;
    next += lengths[i] as number;
  }
  return true;
}

let lastTemplate: { id: string; version: number; name: string } | undefined;

/** Id and version. */
function templateName({ templateId: id, templateVersion: version }: MadeRow): string {
  if (lastTemplate?.id !== id || lastTemplate.version !== version)
    lastTemplate = { id, version, name: `${version} ${id}` };
  return lastTemplate.name;
}

let lastAnswers: { scored: Instruction['scored']; choices: readonly string[]; json: string } | undefined;

/** Most rows of a version have the answers of the row before. */
function answersOf({ scored, choices, candidates }: MadeRow): string {
  if (choices === null) return 'null';
  if (candidates !== null) return JSON.stringify([scored, choices, candidates]);
  const same =
    lastAnswers?.scored === scored &&
    lastAnswers.choices.length === choices.length &&
    choices.every((choice, i) => choice === lastAnswers?.choices[i]);
  if (!same) lastAnswers = { scored, choices: [...choices], json: JSON.stringify([scored, choices, null]) };
  return (lastAnswers as { json: string }).json;
}

/** Characters of a prompt, as SQLite counts them: those of two UTF-16 units are one. */
function codePoints({ bytes, length }: MadeRow): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (((bytes[i] as number) & 0xc0) !== 0x80) count += 1;
  return count;
}

function twice<Column extends Uint8Array | Uint32Array>(column: Column): Column {
  const larger = new (column.constructor as new (size: number) => Column)(2 * column.length);
  larger.set(column);
  return larger;
}

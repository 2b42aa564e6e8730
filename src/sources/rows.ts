import type { Line } from './lines.js';

export const MOST_LINES = 1000; // lines that a quoted field may run over before it counts as never closed
export const UNCLOSED = 'quote that is not closed';
const LONGEST = 1 << 20; // characters of one row

/** What stands at a place of a delimited file: a row, a line that is none, or nothing. `line` and `offset` are those of its begin. */
export type Row =
  | (Place & { readonly kind: 'row'; readonly text: string; readonly fields: string[] })
  | (Place & { readonly kind: 'problem'; readonly text: string; readonly problem: string })
  | (Place & { readonly kind: 'empty' });

interface Place {
  readonly line: number;
  readonly offset: number; // bytes of the file before it
}

/**
 * Cuts lines into rows of fields, as RFC 4180 has it: a field that begins with the quote ends at the next single quote and may
 * hold delimiters, line ends (kept as they stand) and doubled quotes; a quote elsewhere is a character like any other.
 *
 * Where the quoting is broken (no closing quote, or text behind it), only that line is a problem, and reading goes on at the
 * next line: one stray quote must not swallow the rest of the file.
 *
 * delimiter  any text
 * quote      one character, or undefined: no quoting
 * escapeMark a character before which a quote inside a quoted field is one of the text, as programs write it that know no doubled quotes
 */
export function rows(
  lines: Iterator<Line>,
  delimiter: string,
  quote: string | undefined,
  escapeMark?: string,
): RowReader {
  return new RowReader(lines, delimiter, quote, escapeMark);
}

/** Rows of a delimited file (rows above). */
export class RowReader implements IterableIterator<Row> {
  readonly #lines: Iterator<Line>;
  readonly #source: LineQueue;
  readonly #delimiter: string;
  readonly #quote: string | undefined;
  readonly #escapeMark: string | undefined;

  constructor(lines: Iterator<Line>, delimiter: string, quote: string | undefined, escapeMark: string | undefined) {
    this.#lines = lines;
    this.#source = new LineQueue(lines);
    this.#delimiter = delimiter;
    this.#quote = quote;
    this.#escapeMark = escapeMark;
  }

  /** Whether the next row begins where the reader of lines stands: no line was read ahead for a quoted field. */
  get isAbreast(): boolean {
    return this.#source.isEmpty;
  }

  next(): IteratorResult<Row, undefined> {
    const line = this.#source.take();
    if (!line) return { done: true, value: undefined };
    return { done: false, value: this.#row(line) };
  }

  /** Closes the file when the reader stops early. */
  return(): IteratorResult<Row, undefined> {
    this.#lines.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  #row(line: Line): Row {
    const { number, offset, text, problem } = line;
    const quote = this.#quote;
    if (problem !== undefined) return { kind: 'problem', line: number, offset, text, problem };
    if (text === '') return { kind: 'empty', line: number, offset };
    if (quote === undefined || !text.includes(quote)) {
      return { kind: 'row', line: number, offset, text, fields: text.split(this.#delimiter) };
    }
    return quotedRow(line, this.#source, this.#delimiter, quote, this.#escapeMark);
  }
}

/** Lines that were read ahead can be given back. */
class LineQueue {
  readonly #lines: Iterator<Line>;
  readonly #returned: Line[] = []; // next one last

  constructor(lines: Iterator<Line>) {
    this.#lines = lines;
  }

  get isEmpty(): boolean {
    return this.#returned.length === 0;
  }

  take(): Line | undefined {
    const returned = this.#returned.pop();
    if (returned) return returned;
    const next = this.#lines.next();
    return next.done ? undefined : next.value;
  }

  giveBack(lines: readonly Line[]): void {
    for (const line of lines.toReversed()) this.#returned.push(line);
  }
}

function quotedRow(
  first: Line,
  source: LineQueue,
  delimiter: string,
  quote: string,
  escapeMark: string | undefined,
): Row {
  const row = new OpenRow(first, source);
  const fields: string[] = [];
  for (let position = 0; ; position += delimiter.length) {
    if (row.text.startsWith(quote, position)) {
      const field = quotedField(row, position + quote.length, quote, escapeMark);
      if (!field) return row.broken(UNCLOSED);
      fields.push(field.value);
      position = field.end;
      if (position < row.text.length && !row.text.startsWith(delimiter, position)) {
        return row.broken('text behind a closing quote');
      }
    } else {
      const end = row.text.indexOf(delimiter, position);
      fields.push(row.text.slice(position, end < 0 ? undefined : end));
      position = end < 0 ? row.text.length : end;
    }
    if (position >= row.text.length) {
      return { kind: 'row', line: first.number, offset: first.offset, text: row.text, fields };
    }
  }
}

/** Reads from behind the opening quote to behind the closing one; undefined when there is none. */
function quotedField(
  row: OpenRow,
  begin: number,
  quote: string,
  escapeMark: string | undefined,
): { value: string; end: number } | undefined {
  let value = '';
  let from = begin; // begin of the part that is not in value yet
  for (let search = begin; ; ) {
    const found = row.text.indexOf(quote, search);
    if (found < 0) {
      search = row.text.length;
      if (!row.extend()) return undefined;
    } else if (escapeMark !== undefined && isEscaped(row.text, found, begin, escapeMark)) {
      value += row.text.slice(from, found - escapeMark.length) + quote;
      from = found + quote.length;
      search = from;
    } else if (row.text.startsWith(quote, found + quote.length)) {
      value += row.text.slice(from, found + quote.length);
      from = found + 2 * quote.length;
      search = from;
    } else return { value: value + row.text.slice(from, found), end: found + quote.length };
  }
}

/** Whether an odd number of escapes stands before a quote: two of them are one that is meant. */
function isEscaped(text: string, at: number, begin: number, escapeMark: string): boolean {
  let escapes = 0;
  while (at - escapes > begin && text[at - escapes - 1] === escapeMark) escapes += 1;
  return escapes % 2 === 1;
}

/** A row whose last line may not be known yet. */
class OpenRow {
  readonly #first: Line;
  readonly #source: LineQueue;
  readonly #further: Line[] = [];
  text: string;

  constructor(first: Line, source: LineQueue) {
    this.#first = first;
    this.#source = source;
    this.text = first.text;
  }

  /** Takes one more line in; false when there is none that could belong to the row. */
  extend(): boolean {
    const line = this.#source.take();
    if (!line) return false;
    const ending = (this.#further.at(-1) ?? this.#first).ending;
    this.#further.push(line);
    if (line.problem !== undefined || this.#further.length >= MOST_LINES) return false;
    if (this.text.length + line.text.length > LONGEST) return false;
    this.text += ending + line.text;
    return true;
  }

  /** Gives up the row: its first line is a problem, the others are read afresh. */
  broken(problem: string): Row {
    this.#source.giveBack(this.#further);
    const { number, offset, text } = this.#first;
    return { kind: 'problem', line: number, offset, text, problem };
  }
}

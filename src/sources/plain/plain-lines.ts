import { isUtf8 } from 'node:buffer';
import type { InteractionsSpec } from '../../core/source-spec.js';
import { type Decoding, decode, type LineReader } from '../lines.js';
import type { Lines, Skim } from '../table.js';
import { LAST_SECOND, PARTS, type Parsed, parseRating, parseTimestamp } from '../values.js';
import { IdTable, UNKNOWN } from './id-table.js';
import { PlainCut } from './plain-cut.js';
import { PlainTimes, plainDecimal } from './plain-values.js';

const LONG_WAY = -2; // the number of an id whose rows are read as any others: it is blank, of the header, or not in the item file

/** Where a row has what an interaction is made of: indexes of fields, from 0. */
export interface Places {
  readonly user: number;
  readonly item: number;
  readonly rating: number | undefined;
  readonly timestamp: number | undefined;
  readonly attributes: readonly number[]; // a place that no row has is empty
}

/** What becomes of the lines: knows the positions of items and users by their ids, as they stand in the file, and takes rows. */
export interface PlainSink {
  item(id: string): number | undefined; // one that is new is written; undefined: the item file lacks it
  user(id: string): number; // one who is new is written
  /** rating, timestamp: NaN for none. attributes: what attributes() made of this row; null without any */
  add(user: number, item: number, rating: number, timestamp: number, line: number, attributes: string | null): void;
  /** What a row has of its own, as columns have it; the values are at Places.attributes, in that order. */
  attributes(values: readonly string[]): string | null;
}

/**
 * Interactions of delimited files straight from the bytes: no text is made of a field, ids are found by their bytes. It takes the
 * lines that are plain and give a row without doubt; every other line is left to the readers of lines and rows, which say what a
 * line means (rows.ts, values.ts), so that both ways give the same of any file.
 */
export class PlainLines {
  readonly #sink: PlainSink;
  readonly #hasComma: boolean; // in ratings, in the place of the point
  readonly #unit: string;
  readonly #withoutYear: InteractionsSpec['withoutYear'];
  readonly #parts: number | undefined; // of the unit in a second; undefined: a time is written otherwise
  #heading: string | undefined;
  #users = new IdTable();
  readonly #items = new IdTable();
  readonly #times = new PlainTimes();

  /** timestampUnit: as parseTimestamp takes it */
  constructor(
    sink: PlainSink,
    { timestampUnit, withoutYear, decimal }: Pick<InteractionsSpec, 'timestampUnit' | 'withoutYear' | 'decimal'>,
  ) {
    this.#withoutYear = withoutYear;
    this.#sink = sink;
    this.#hasComma = decimal === ',';
    this.#unit = timestampUnit;
    this.#parts = timestampUnit === 'iso' ? 1 : PARTS[timestampUnit];
  }

  /**
   * What takes the plain lines of one file.
   *
   * before   what is added to a line's number in the log
   * returns  undefined where the file is cut in a way that is not known here
   */
  skim({ cut, reader }: Lines, places: Places, before: number): Skim | undefined {
    const used = [places.user, places.item, places.rating, places.timestamp].filter((place) => place !== undefined);
    const plain = PlainCut.of(cut, reader);
    if (!plain || new Set(used).size !== used.length) return undefined;
    const heading = cut.header?.[places.user];
    if (heading !== this.#heading) this.#users = new IdTable(); // an id may be the header's name in one file and not in another
    this.#heading = heading;
    return () => this.#take(reader, plain, places, before);
  }

  /** Takes lines until one is not plain or goes on behind the bytes that are read; tells how many. */
  #take(lines: LineReader, plain: PlainCut, places: Places, before: number): number {
    const { piece, begin } = lines.unread;
    const { newline, decoding } = lines.layout;
    const { user, item, rating, timestamp, attributes } = places;
    const { begins, ends } = plain;
    const values = new Array<string>(attributes.length);
    const stop = piece.lastIndexOf(newline);
    const first = before + lines.number + 1;
    let taken = 0;
    let at = begin;
    while (at <= stop) {
      const next = plain.cut(piece, at);
      if (next < 0 || (plain.isHigh && decoding === 'utf-8' && !isUtf8(piece.subarray(at, next)))) break;
      let rated = Number.NaN;
      if (rating !== undefined) {
        rated = plainDecimal(piece, begins[rating] as number, ends[rating] as number);
        if (Number.isNaN(rated)) rated = numberOf(parseRating(textOf(piece, plain, rating, decoding), this.#hasComma));
        if (Number.isNaN(rated)) break;
      }
      let time = Number.NaN;
      if (timestamp !== undefined) {
        time = this.#time(piece, plain, timestamp, decoding);
        if (Number.isNaN(time)) break;
      }
      const [userBegin, userEnd] = [begins[user] as number, ends[user] as number];
      const [itemBegin, itemEnd] = [begins[item] as number, ends[item] as number];
      let userAt = this.#users.find(piece, userBegin, userEnd);
      let itemAt = this.#items.find(piece, itemBegin, itemEnd);
      if (userAt < 0 || itemAt < 0) {
        if (userAt === UNKNOWN && !isPlainId(textOf(piece, plain, user, decoding), this.#heading)) {
          userAt = LONG_WAY;
          this.#users.put(piece, userBegin, userEnd, userAt);
        }
        if (userAt === LONG_WAY) break;
        if (itemAt === UNKNOWN) {
          const id = textOf(piece, plain, item, decoding);
          itemAt = isPlainId(id) ? (this.#sink.item(id) ?? LONG_WAY) : LONG_WAY;
          this.#items.put(piece, itemBegin, itemEnd, itemAt);
        }
        if (itemAt === LONG_WAY) break;
        if (userAt === UNKNOWN) {
          userAt = this.#sink.user(textOf(piece, plain, user, decoding));
          this.#users.put(piece, userBegin, userEnd, userAt);
        }
      }
      for (let i = 0; i < values.length; i++) {
        const place = attributes[i] as number;
        values[i] = place < begins.length ? textOf(piece, plain, place, decoding) : '';
      }
      const own = values.length === 0 ? null : this.#sink.attributes(values);
      this.#sink.add(userAt, itemAt, rated, time, first + taken, own);
      taken += 1;
      at = next;
    }
    lines.take(taken, at - begin);
    return taken;
  }

  #time(piece: Buffer, plain: PlainCut, place: number, decoding: Decoding): number {
    if (this.#parts !== undefined) {
      const [begin, end] = [plain.begins[place] as number, plain.ends[place] as number];
      const read = this.#unit === 'iso' ? this.#times.iso(piece, begin, end) : plainDecimal(piece, begin, end);
      const seconds = Math.floor(read / this.#parts);
      if (seconds >= 0 && seconds <= LAST_SECOND) return seconds;
    }
    return numberOf(parseTimestamp(textOf(piece, plain, place, decoding), this.#unit, this.#withoutYear));
  }
}

/** Whether an id has characters, and is not the name that the header gives its column: a row of names is the header again. */
function isPlainId(id: string, heading?: string): boolean {
  return id !== heading && id.trim() !== '';
}

function textOf(piece: Buffer, { begins, ends, isHigh }: PlainCut, field: number, decoding: Decoding): string {
  if (decoding === 'utf-8' && !isHigh) return piece.toString('latin1', begins[field], ends[field]); // ASCII, and sooner
  return decode(piece.subarray(begins[field], ends[field]), decoding);
}

function numberOf(parsed: Parsed<number>): number {
  return 'value' in parsed ? parsed.value : Number.NaN;
}

import type { Tally } from '../table.js';
import { FIELD, FIELDS, type Keep, PairTable } from './pair-table.js';
import { SpilledPairs } from './spilled-pairs.js';

const MOST_PAIRS = 2_000_000; // in memory: 56 bytes each, and 8 to 16 to find them by
const MOST_TEXT = 64 << 20; // characters of attributes in memory

/** One interaction that stays. */
export interface KeptRow {
  readonly user: number; // position
  readonly item: number;
  readonly rating: number; // NaN: none
  readonly timestamp: number; // NaN: none
  readonly line: number;
  readonly attributes: string | null; // JSON
}

export interface RepeatsOptions {
  readonly inside?: string | undefined; // the folder for what does not stay in memory; the system's without it
  readonly mostPairs?: number;
}

/**
 * Interactions of which a user and an item keep one: the first, the last, or the last with the mean rating of all. First and last by time where the log
 * has one, then by place. Pairs stand in memory until there are many; then all lie on the disk, in parts that are looked at one by one
 * (spilled-pairs.ts), with the same result.
 */
export class Repeats {
  readonly #keep: Keep;
  readonly #mostPairs: number;
  readonly #inside: string | undefined;
  readonly #record = new Float64Array(FIELDS);
  readonly #files: { readonly tally: Tally; readonly before: number; added: number }[] = [];
  #pairs = new PairTable();
  #attributes: (string | null)[] = []; // by number of the pair
  #text = 0; // characters in them
  #spilled: SpilledPairs | undefined;

  constructor(keep: Keep, { inside, mostPairs = MOST_PAIRS }: RepeatsOptions = {}) {
    this.#keep = keep;
    this.#inside = inside;
    this.#mostPairs = mostPairs;
  }

  /**
   * Takes an interaction, in log order.
   *
   * tally  of its file, in which it is counted as a row; kept() makes a merged one of it when it does not stay
   */
  add(row: KeptRow, tally: Tally & { readonly before: number }): void {
    let file = this.#files.at(-1);
    if (file?.tally !== tally) {
      file = { tally, before: tally.before, added: 0 };
      this.#files.push(file);
    }
    file.added += 1;
    const record = this.#record;
    record[FIELD.user] = row.user;
    record[FIELD.item] = row.item;
    record[FIELD.line] = row.line;
    record[FIELD.rating] = row.rating;
    record[FIELD.timestamp] = row.timestamp;
    record[FIELD.sum] = row.rating;
    record[FIELD.times] = 1;
    if (this.#spilled) {
      this.#spilled.add(record, row.attributes);
      return;
    }
    const { number, stays } = this.#pairs.put(record, this.#keep);
    if (stays) {
      this.#text += (row.attributes?.length ?? 0) - (this.#attributes[number]?.length ?? 0);
      this.#attributes[number] = row.attributes;
    }
    if (this.#pairs.size > this.#mostPairs || this.#text > MOST_TEXT) this.#spill();
  }

  /** What stays, in log order; counts what does not. Once. */
  *kept(): Generator<KeptRow, void> {
    let at = 0;
    let kept = 0;
    const count = (): void => {
      const file = this.#files[at++];
      if (!file) return;
      file.tally.rows -= file.added - kept;
      file.tally.merged += file.added - kept;
      kept = 0;
    };
    for (const row of this.#spilled ? this.#spilled.kept() : this.#inMemory()) {
      while (at + 1 < this.#files.length && row.line > (this.#files[at + 1]?.before as number)) count();
      kept += 1;
      yield row;
    }
    while (at < this.#files.length) count();
  }

  /** Removes what lies on the disk. */
  close(): void {
    this.#spilled?.close();
  }

  *#inMemory(): Generator<KeptRow, void> {
    for (const number of this.#byLine()) {
      yield keptRow(this.#pairs.record(number), this.#keep, this.#attributes[number] ?? null);
    }
  }

  #spill(): void {
    this.#spilled = new SpilledPairs(this.#keep, this.#inside);
    for (const number of this.#byLine())
      this.#spilled.add(this.#pairs.record(number), this.#attributes[number] ?? null);
    this.#pairs = new PairTable();
    this.#attributes = [];
  }

  #byLine(): Uint32Array {
    const lines = Float64Array.from(
      { length: this.#pairs.size },
      (_, number) => this.#pairs.record(number)[FIELD.line] as number,
    );
    return Uint32Array.from(lines.keys()).sort((a, b) => (lines[a] as number) - (lines[b] as number));
  }
}

/** What a pair's record is as an interaction. */
export function keptRow(record: Float64Array, keep: Keep, attributes: string | null): KeptRow {
  const [user, item, line, rating, timestamp, sum, times] = record as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { user, item, line, rating: keep === 'mean' ? sum / times : rating, timestamp, attributes };
}

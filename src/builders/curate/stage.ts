import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import type { Instruction, InstructionFacts, Split } from '../../core/instruction.js';
import type { Prediction } from '../../core/prediction.js';
import { exists, readBytes } from '../../platform/files.js';
import { studioLayout } from '../../platform/studio.js';
import type { Store } from '../../store/store.js';
import { bySplit } from '../seal-version.js';
import type { CountedTokens } from './counted-tokens.js';
import type { Judge, Scene } from './judge.js';
import { LogFacts } from './log-facts.js';
import { readReview, reviewKey } from './review-file.js';

/** A version on its way to another one: a byte a row of the parent, and what the steps so far changed, done again at each reading. */
export class Stage implements Scene {
  readonly version: DatasetVersion;
  readonly log: LogFacts;
  readonly #store: Store;
  readonly #studio: string;
  readonly #gone: Record<Split, Uint8Array>;
  readonly #changers: Record<Split, Judge[]> = { train: [], valid: [], test: [] };
  readonly #counted: Partial<Record<Split, ReadonlyMap<number, CountedTokens>>> = {};
  readonly #families: ReadonlyMap<string, string>;

  constructor(store: Store, version: DatasetVersion, studio: string, log = new LogFacts(store, version)) {
    this.version = version;
    this.log = log;
    this.#store = store;
    this.#studio = studio;
    this.#gone = bySplit((split) => new Uint8Array(version.counts[split]));
    this.#families = new Map(version.templates.map(({ id, family }) => [id, family ?? id]));
  }

  size(split: Split): number {
    return this.version.counts[split];
  }

  *rows(split: Split): Generator<Instruction, void> {
    const gone = this.#gone[split];
    for (const row of this.#store.versions.instructions(this.version.hash, split)) {
      if (gone[row.row] === 0) yield this.#changed(row);
    }
  }

  *facts(split: Split): Generator<InstructionFacts, void> {
    if (this.#changers[split].length > 0) {
      yield* this.rows(split); // what changes a row looks at its texts
      return;
    }
    const gone = this.#gone[split];
    for (const row of this.#store.versions.facts(this.version.hash, split)) {
      if (gone[row.row] === 0) yield row;
    }
  }

  row(split: Split, row: number): Instruction {
    const found = this.#store.versions.instruction(this.version.hash, split, row);
    if (!found) throw new Error(`version ${this.version.hash} has no ${split} row ${row}`);
    return this.#changed(found);
  }

  familyOf({ templateId }: InstructionFacts): string {
    return this.#families.get(templateId) ?? templateId;
  }

  predictions(split: Split, id = ''): readonly Prediction[] {
    const set = this.#store.predictions.of(this.version.hash, split).find((one) => one.id.startsWith(id));
    if (set) return this.#store.predictions.rows(set.id);
    const what = id === '' ? `there are no predictions on ${split}` : `there are no predictions "${id}" on ${split}`;
    const fix = `make them: rectune predict RUN --split ${split}`;
    throw new RectuneError('usage', what, `version ${this.version.name} ${this.version.hash.slice(0, 12)}`, fix);
  }

  verdicts(file: string | undefined): { of(row: InstructionFacts): 'keep' | 'drop' | undefined } {
    const path = file ?? studioLayout.review(this.#studio, this.version.hash);
    if (!exists(path)) {
      const fix = `go through the rows first: rectune review ${this.version.name}`;
      throw new RectuneError('usage', 'there is no review file', path, fix);
    }
    const said = readReview(path, this.version);
    return {
      of(row) {
        const { verdict } = said.get(reviewKey(row)) ?? {};
        return verdict === 'keep' || verdict === 'drop' ? verdict : undefined;
      },
    };
  }

  tokensOf = ({ split, row }: Instruction): CountedTokens | undefined => {
    const counted = this.#counted[split];
    if (counted === undefined) throw new Error(`the tokens of ${split} were not counted`);
    return counted.get(row);
  };

  /** What tokensOf says of a split from now on. */
  keepCounted(split: Split, counted: ReadonlyMap<number, CountedTokens>): void {
    this.#counted[split] = counted;
  }

  key(file: string): Uint8Array {
    return readBytes(file);
  }

  /** From now on these rows are gone. */
  remove(split: Split, rows: Iterable<number>): void {
    for (const row of rows) this.#gone[split][row] = 1;
  }

  /** How many rows a split has now. */
  left(split: Split): number {
    return this.size(split) - this.#gone[split].reduce((sum, isGone) => sum + isGone, 0);
  }

  /** From now on rows are read as this judge changes them. */
  change(split: Split, judge: Judge): void {
    this.#changers[split].push(judge);
  }

  #changed(row: Instruction): Instruction {
    let now = row;
    for (const change of this.#changers[row.split]) {
      const verdict = change(now);
      if (typeof verdict === 'object') now = verdict.changed;
    }
    return now;
  }
}

import { SPLITS, type Split } from '../../core/instruction.js';
import type { MadeRow } from '../../core/made-row.js';
import type { SplitRule } from '../../core/recipe.js';
import { type Leak, leak, type ProofRule, type ProvenInteraction } from './leak.js';
import type { SeenRow } from './one-row.js';
import { Questions } from './questions.js';
import { codeOf, type Named, namedBy, RowOfLine } from './row-code.js';
import { TextHolders } from './text-holders.js';

/** Splits whose sentence (SPLIT_LEAKS) says that a history of train may show what valid or test asks about. */
const SHOWS_TARGETS: readonly SplitRule['kind'][] = ['row-order'];
const BY_TIME: readonly SplitRule['kind'][] = ['global-time', 'rolling'];

/**
 * Looks at rows one after the other, whatever their order among splits, and at the end at all of them together. Keeps no text: of a row
 * 24 bytes, of a line 12, of a user the range of each split.
 */
export class AcrossRows {
  readonly #rule: ProofRule;
  readonly #showsTargets: boolean;
  readonly #prompts = new TextHolders();
  readonly #sharedPrompts = new Map<number, number[]>(); // rows of a prompt that several have, by the first that was seen
  readonly #splits = new Map<string, Split>(); // of each user's last row, where a split goes by user
  readonly #questions = new Questions();
  readonly #next: Record<Split, number> = { train: 0, valid: 0, test: 0 };
  readonly #shownInTrain = new RowOfLine(); // lines of histories
  readonly #places = new Map<number, number[]>(); // how often the target stands where, by length of the list
  readonly #times: Record<Split, { earliest: number; latest: number; last?: Named }>;
  readonly #lastOf = new Map<string, Record<Split, { least: number; most: number; row: number }>>();
  twins = { valid: 0, test: 0 };

  constructor(rule: ProofRule) {
    this.#rule = rule;
    this.#showsTargets = SHOWS_TARGETS.includes(rule.split);
    const none = () => ({ earliest: Infinity, latest: -Infinity });
    this.#times = { train: none(), valid: none(), test: none() };
  }

  look({ row, template, target }: SeenRow, found: Leak[]): void {
    const { split } = row;
    if (row.row !== this.#next[split]) found.push(leak('numbering', row, `${this.#next[split]} was to come`));
    this.#next[split] += 1;
    if (split === 'train' && template.evaluationOnly) found.push(leak('unseen-wording-in-train', row, row.templateId));
    const code = codeOf(row);
    const first = this.#prompts.heldBefore(row.fingerprint(), code);
    if (first !== undefined) {
      const sharing = this.#sharedPrompts.get(first);
      if (sharing) sharing.push(code);
      else this.#sharedPrompts.set(first, [first, code]);
    }
    const asked = this.#questions.rowOf(row.target);
    if (this.#questions.ask(row, target?.itemId)) found.push(leak('same-question', row, `line ${row.target}`));
    if (asked && asked.split !== split)
      found.push(leak('target-in-two-splits', row, `line ${row.target} in ${asked.split}`));
    if (this.#rule.split === 'by-user') {
      const known = this.#splits.get(row.userId);
      if (known !== undefined && known !== split)
        found.push(leak('user-in-two-splits', row, `user ${row.userId} in ${known}`));
      if (known !== split) this.#splits.set(row.userId, split);
    }
    if (split === 'train' && !this.#showsTargets)
      for (let i = 0; i < row.lineCount; i++) this.#shownInTrain.set(row.lines[i] as number, code);
    if (row.candidates) {
      const counts = this.#places.get(row.candidates.length) ?? row.candidates.map(() => 0);
      const at = row.candidates.indexOf(row.itemId);
      if (at >= 0) counts[at] = (counts[at] ?? 0) + 1;
      this.#places.set(row.candidates.length, counts);
    }
    if (target !== undefined) this.#noteTime(row, target);
  }

  /** Of rows with one prompt those of the earliest split were there first; the others are twins of them. */
  *#twinLeaks(): Generator<Leak, void> {
    for (const codes of this.#sharedPrompts.values()) {
      const rows = codes.map(namedBy);
      const first = SPLITS.map((split) => rows.find((row) => row.split === split)).find((row) => row !== undefined);
      for (const row of rows) {
        if (first === undefined || row.split === 'train' || row.split === first.split) continue;
        this.twins[row.split] += 1;
        if (this.#rule.twins !== 'count') yield leak('twin-prompt', row, `as ${first.split} row ${first.row}`);
      }
    }
  }

  #noteTime({ userId, split, row }: MadeRow, target: ProvenInteraction): void {
    if (BY_TIME.includes(this.#rule.split)) {
      const times = this.#times[split];
      const time = target.timestamp ?? 0;
      times.earliest = Math.min(times.earliest, time);
      if (time > times.latest) {
        times.latest = time;
        times.last = { split, row };
      }
    }
    if (this.#rule.split !== 'leave-one-out') return;
    let own = this.#lastOf.get(userId);
    if (own === undefined) {
      const empty = () => ({ least: Infinity, most: -Infinity, row: -1 });
      own = { train: empty(), valid: empty(), test: empty() };
      this.#lastOf.set(userId, own);
    }
    const range = own[split];
    range.least = Math.min(range.least, target.position);
    if (target.position > range.most) {
      range.most = target.position;
      range.row = row;
    }
  }

  /** What only all rows together show. */
  *finish(): Generator<Leak, void> {
    yield* this.#twinLeaks();
    if (!this.#showsTargets) {
      for (const line of this.#questions.lines()) {
        const [named, shown] = [this.#questions.rowOf(line), this.#shownInTrain.get(line)];
        if (named && named.split !== 'train' && shown)
          yield leak('evaluation-target-in-train', shown, `line ${line}, target of ${named.split} row ${named.row}`);
      }
    }
    yield* this.#timeLeaks();
    for (const [length, counts] of this.#places) yield* this.#placeLeaks(length, counts);
  }

  *#timeLeaks(): Generator<Leak, void> {
    const pairs = [
      ['train', 'valid'],
      ['train', 'test'],
      ['valid', 'test'],
    ] as const;
    for (const [before, after] of pairs) {
      const [early, late] = [this.#times[before], this.#times[after]];
      if (BY_TIME.includes(this.#rule.split) && early.last && early.latest >= late.earliest) {
        yield leak('later-train', early.last, `at ${early.latest}, and ${after} begins at ${late.earliest}`);
      }
      if (this.#rule.split !== 'leave-one-out') continue;
      for (const [user, own] of this.#lastOf) {
        const [first, second] = [own[before], own[after]];
        if (first.most >= second.least)
          yield leak('later-train', { split: before, row: first.row }, `of user ${user}, beside ${after}`);
      }
    }
  }

  /** Chance gives a place n / length times, give or take; 8 standard deviations are no chance any more. */
  *#placeLeaks(length: number, counts: readonly number[]): Generator<Leak, void> {
    const n = counts.reduce((sum, count) => sum + count, 0);
    const expected = n / length;
    const most = Math.max(...counts);
    if (most - expected <= 8 * Math.sqrt(expected * (1 - 1 / length)) || length < 2) return;
    const named = { split: SPLITS.find((split) => this.#next[split] > 0) ?? 'train', row: 0 };
    yield leak('place-of-target', named, `place ${counts.indexOf(most) + 1} of ${length} in ${most} of ${n} lists`);
  }
}

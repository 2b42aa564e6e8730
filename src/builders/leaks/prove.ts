import { RectuneError } from '../../core/errors.js';
import type { MadeRow } from '../../core/made-row.js';
import { AcrossRows } from './across-rows.js';
import { LEAKS, type Leak, type LeakKind, type ProofLog, type ProofRule, type ProofTemplate } from './leak.js';
import { answerLeaks, candidateLeaks, historyLeaks, seeRow, textLeaks } from './one-row.js';

/** What the proof found, and what it counted and let pass. */
export interface Proof {
  readonly leaks: readonly Leak[];
  readonly twinPrompts: { readonly valid: number; readonly test: number }; // rows whose prompt an earlier split holds too
}

/**
 * Proves on the rendered rows themselves, apart from the code that made them, that nothing of a target or of what came later
 * stands in what the model reads, and that the splits keep apart what they promise to. Rows are looked at one after the other, those of
 * a split in order.
 */
export class LeakProof {
  readonly #templates: ReadonlyMap<string, ProofTemplate>;
  readonly #log: ProofLog;
  readonly #rule: ProofRule;
  readonly #across: AcrossRows;
  readonly #leaks: Leak[] = [];

  constructor(templates: ReadonlyMap<string, ProofTemplate>, log: ProofLog, rule: ProofRule) {
    this.#templates = templates;
    this.#log = log;
    this.#rule = rule;
    this.#across = new AcrossRows(rule);
  }

  look(row: MadeRow): void {
    const template = this.#templates.get(row.templateId);
    if (template === undefined)
      throw new Error(`row ${row.row} of ${row.split} has an unknown template ${row.templateId}`);
    const found = this.#leaks;
    const seen = seeRow(row, template, this.#log);
    historyLeaks(seen, this.#rule, found);
    textLeaks(seen, this.#log, found);
    answerLeaks(seen, found);
    candidateLeaks(seen, this.#log, this.#rule, found);
    this.#across.look(seen, found);
  }

  /** Call once, when every row was looked at. */
  finish(): Proof {
    for (const found of this.#across.finish()) this.#leaks.push(found);
    return { leaks: this.#leaks, twinPrompts: this.#across.twins };
  }
}

const NAMED = 5; // rows that an error names of a kind

/** Throws RectuneError 'data' that names the rows, kind by kind. */
export function refuseLeaks(leaks: readonly Leak[]): void {
  if (leaks.length === 0) return;
  const kinds = new Map<LeakKind, Leak[]>();
  for (const one of leaks) kinds.set(one.kind, [...(kinds.get(one.kind) ?? []), one]);
  const what = [...kinds].map(([kind, of]) => `${of.length} rows ${LEAKS[kind]} (${kind})`).join('; ');
  const named = [...kinds.values()].map((of) => {
    const more = of.length > NAMED ? ` and ${of.length - NAMED} more` : '';
    return `${of
      .slice(0, NAMED)
      .map(({ row, detail }) => `${row} (${detail})`)
      .join(', ')}${more}`;
  });
  const fix = kinds.has('twin-prompt')
    ? 'choose twins: drop in the recipe (train gives them up), or another split'
    : 'correct the template, the texts or the log that these rows come from; if all are right, report it';
  throw new RectuneError('data', what, named.join('; '), fix);
}

import type { FormExample, ProbeName, ProbeResult, VariantAnswer } from '../../../src/core/probe.js';
import { Random } from '../../../src/core/random.js';
import type { EvaluatedInstruction } from '../../../src/eval/align-predictions.js';
import type { ReportInput } from '../../../src/eval/report.js';
import type { KeptProbe } from '../../../src/eval/trust/kept-probes.js';
import { writeSealed } from '../../../src/platform/files.js';
import { studioLayout } from '../../../src/platform/studio.js';
import { ADAPTER_HASH, MODEL_HASH, VERSION_HASH } from '../fixtures.js';

/** Puts answers where a studio keeps them. */
export function keepProbes(studio: string, probes: readonly KeptProbe[]): void {
  for (const { file, result } of probes) {
    writeSealed(studioLayout.probe(studio, result.runId, file), JSON.stringify(result));
  }
}

/** How far the forms stray from the rows as they are. */
export interface ProbeWorld {
  rows?: number; // of test that are asked
  noise?: number; // added to each score in another form
  forgets?: number; // share of what is said of a row that is lost without its history
  placeBias?: number; // added to the score of a candidate at the first place
  completes?: number; // nats that the true ending is ahead by
}

export const asked = (probe: ProbeName) => ({
  probe,
  format: 1 as const,
  versionHash: VERSION_HASH,
  runId: 'tiny-bbbbbbbb',
  modelHash: MODEL_HASH,
  adapterHash: ADAPTER_HASH,
  seed: 1,
  eligible: 300,
  budget: 'as long as the scoring of test took',
  reason: null,
});

/** Scores of a row as it is, as a probe says them. */
export function plainScores(
  input: ReportInput,
  { row }: Pick<EvaluatedInstruction, 'row'>,
  model: 'adapter' | 'base',
): number[] {
  const said = input.test[model].predictions.find((one) => one.row === row);
  if (!said) throw new Error(`row ${row} was not predicted`);
  const { label, logOdds, choices } = said;
  const scored = input.test.instructions.find((one) => one.row === row)?.scored;
  if (label !== null) return [logOdds as number];
  if (choices === null) return [logOdds as number, 0];
  return choices.map(({ sum, first }) => (scored === 'first-token' ? first : sum));
}

/** Every probe of the rows of a report, invented. */
export function inventProbes(input: ReportInput, world: ProbeWorld = {}): KeptProbe[] {
  const { rows: most = 60, noise = 0.3, forgets = 0.7, placeBias = 1, completes = 2 } = world;
  const rows = input.test.instructions.slice(0, most);
  const answersBy = (
    variants: number,
    form: (row: EvaluatedInstruction, variant: number, scores: number[], random: Random) => number[],
  ): VariantAnswer[] =>
    rows.flatMap((row) =>
      Array.from({ length: variants }, (_, variant) => {
        const random = new Random(5, `row ${row.row} in ${variant}`);
        const said = (model: 'adapter' | 'base') => form(row, variant, plainScores(input, row, model), random);
        return { row: row.row, variant, places: null, adapter: said('adapter'), base: said('base') };
      }),
    );
  const strayed = (scores: number[], random: Random) => scores.map((score) => score + noise * random.normal());
  const lists = rows.filter(({ candidates }) => candidates !== null);
  const orders = lists.flatMap((row): VariantAnswer[] =>
    Array.from({ length: (row.candidates?.length ?? 0) > 2 ? 3 : 1 }, (_, variant) => {
      const random = new Random(6, `order of ${row.row} in ${variant}`);
      const own = (row.candidates ?? []).map((_, place) => place);
      const places = own.length === 2 ? [1, 0] : random.shuffle(own);
      const said = (model: 'adapter' | 'base') =>
        plainScores(input, row, model).map((score, k) => score + (places[k] === 0 ? placeBias : 0));
      return { row: row.row, variant, places, adapter: said('adapter'), base: said('base') };
    }),
  );
  const numbers = rows.map(({ row }) => row);
  // Of each kind of rows the first, in every form.
  const kinds = new Map(rows.map((row) => [`${row.templateId.split('/')[0]} ${row.choices?.length}`, row]));
  const examplesOf = (variants: number): FormExample[] =>
    [...kinds.values()].flatMap(({ row, choices }) =>
      Array.from({ length: variants }, (_, variant) => ({
        ...{ row, variant, template: `some-${variant}`, templateHash: 'd'.repeat(64) },
        ...{ prompt: `Text <b>${variant}</b> of row ${row}`, answers: choices },
      })),
    );
  const variant = (name: string, seen: boolean | null = null) => ({ name, seen });
  const results: ProbeResult[] = [
    {
      ...asked('history'),
      probe: 'history',
      rows: numbers,
      variants: ['removed', 'shuffled', 'swapped'].map((name) => variant(name)),
      stable: null,
      examples: examplesOf(3),
      answers: answersBy(3, (_, form, scores, random) =>
        form === 0 ? strayed(scores, random).map((score) => score * (1 - forgets)) : strayed(scores, random),
      ),
    },
    {
      ...asked('wording'),
      probe: 'wording',
      rows: numbers,
      variants: Array.from({ length: 8 }, (_, i) => variant(`wordings/some-${i + 1}`, i < 2)),
      stable: null,
      examples: examplesOf(8),
      answers: answersBy(8, (_, __, scores, random) => strayed(scores, random)),
    },
    {
      ...asked('titles'),
      probe: 'titles',
      rows: numbers,
      variants: [variant('exchanged')],
      stable: null,
      answers: answersBy(1, (_, __, scores, random) => scores.map(() => random.normal())),
    },
    {
      ...asked('order'),
      probe: 'order',
      rows: lists.map(({ row }) => row),
      variants: [1, 2, 3].map((place) => variant(`order-${place}`)),
      stable: true,
      answers: orders,
      reason: lists.length === 0 ? 'The rows are no lists of candidates.' : null,
    },
    {
      ...asked('completion'),
      probe: 'completion',
      titles: Array.from({ length: 40 }, (_, title) => {
        const random = new Random(8, `title ${title}`);
        return {
          itemId: `item ${title}`,
          given: `The <b>${title}`,
          endings: ['of them', 'of us', 'of you', 'of me'],
          sums: [0, 1, 2, 3].map((ending) => 2 * (random.normal() + (ending === 0 ? completes : 0))),
          tokens: [2, 2, 2, 2],
        };
      }),
    },
    {
      ...asked('serving'),
      probe: 'serving',
      engine: 'b4321',
      threads: 2,
      answers: rows.map((row) => {
        const random = new Random(9, `served ${row.row}`);
        return {
          row: row.row,
          scores: plainScores(input, row, 'adapter').map((score) => score + 0.05 * random.normal()),
          tokens: 100 + random.integer(50),
          seconds: 0.2 + random.uniform() / 10,
        };
      }),
    },
  ];
  return results.map((result, i) => ({ file: `probe-${result.probe}`, sha256: String(i).repeat(64), result }));
}

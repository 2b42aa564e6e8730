import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildVersion } from '../../../src/builders/build-version.js';
import { exchangeTitles } from '../../../src/builders/probe/exchange-titles.js';
import { formExamples } from '../../../src/builders/probe/form-examples.js';
import {
  historyForms,
  inPlaces,
  orderForms,
  otherOrders,
  titleForms,
  wordingForms,
} from '../../../src/builders/probe/forms.js';
import { type ProbedRow, ProbeGround } from '../../../src/builders/probe/ground.js';
import { drawSubsample } from '../../../src/builders/probe/subsample.js';
import { seenTemplates, WORDINGS, Wordings } from '../../../src/builders/probe/wordings.js';
import type { DatasetVersion } from '../../../src/core/dataset-version.js';
import type { InstructionLine } from '../../../src/core/instruction.js';
import { PROBES } from '../../../src/core/probe.js';
import { FEWEST_PROBED, MOST_ORDERS } from '../../../src/core/probe-budget.js';
import { Random } from '../../../src/core/random.js';
import { type InventedStudio, importInvented, inventedLog, inventedRecipe, inventedStudio } from '../invented-store.js';

let invented: InventedStudio;
let judged: Probed;
let mixed: Probed;

interface Probed {
  version: DatasetVersion;
  ground: ProbeGround;
  rows: ProbedRow[];
  wordings: Wordings;
}

const options = () => ({ studio: invented.studio, now: () => new Date(0), program: '0.0.0' });

async function probed(recipe: ReturnType<typeof inventedRecipe>): Promise<Probed> {
  const version = await buildVersion(invented.store, recipe, options());
  const ground = await ProbeGround.open(invented.store, version, undefined);
  if (!(ground instanceof ProbeGround)) throw new Error(ground.reason);
  const test = [...invented.store.versions.instructions(version.hash, 'test')];
  const rows = [...ground.rows(test).values()];
  expect(rows.length).toBe(test.length); // each is made again, to the byte
  return {
    version,
    ground,
    rows,
    wordings: new Wordings(ground.plan.mixture.templates, seenTemplates(version, [], null)),
  };
}

beforeAll(async () => {
  invented = inventedStudio();
  importInvented(invented.store, inventedLog());
  judged = await probed(inventedRecipe());
  const { template: _, ...recipe } = inventedRecipe({ name: 'mixed' });
  mixed = await probed({
    ...recipe,
    twins: 'count',
    split: { kind: 'row-order', sizes: { unit: 'parts', train: 6, valid: 1, test: 3 } },
    candidates: { negatives: 4, sampler: 'uniform', seed: 1 },
    mix: [
      { family: 'pick', weight: 2 },
      { family: 'next-item', weight: 1 },
      { family: 'judgement-ratings', weight: 1 },
      { cell: 'p1-i0-t1-plain', weight: 1 },
    ].map((part) => ({ ...part })),
  } as ReturnType<typeof inventedRecipe>);
});
afterAll(() => invented.close());

const titlesIn = (prompt: string) => new Set(prompt.match(/Title \d+/g) ?? []);
const seeds = fc.nat(1000);
const runs = { numRuns: 10 };

/** What no form changes. */
const kept = ({ row, user, item, label }: InstructionLine) => ({ row, user, item, label });
const asIs = ({ instruction: { row, userId, itemId, label } }: ProbedRow) => ({
  row,
  user: userId,
  item: itemId,
  label,
});
const byRow = (rows: readonly ProbedRow[]) => new Map(rows.map((row) => [row.instruction.row, row]));

describe('every form', () => {
  it('keeps target and label, differs from the row, and shows no title that the row does not show', () => {
    for (const { ground, rows, wordings } of [judged, mixed]) {
      const known = byRow(rows);
      fc.assert(
        fc.property(seeds, (seed) => {
          const forms = [
            ...historyForms(ground, rows, seed).forms,
            ...wordingForms(ground, rows, wordings).forms,
            ...orderForms(ground, rows, seed, { from: 0, to: 2 }),
          ];
          expect(forms.length).toBeGreaterThan(2 * rows.length);
          for (const { row, line } of forms) {
            const own = known.get(row) as ProbedRow;
            expect(kept(line)).toEqual(asIs(own));
            expect(line.prompt).not.toBe(own.instruction.prompt);
            const shown = titlesIn(own.instruction.prompt);
            for (const title of titlesIn(line.prompt)) expect(shown).toContain(title);
          }
        }),
        runs,
      );
    }
  });
});

describe('the history of a judgement', () => {
  const lists = (prompt: string) => {
    const line = (start: string) => [...titlesIn(new RegExp(`^${start}: (.*)$`, 'm').exec(prompt)?.[1] ?? '')];
    return { liked: line('User Preference'), disliked: line('User Unpreference') };
  };

  it('is removed whole, shuffled within its lists, and swapped so that swapping again gives it back', () => {
    const { ground, rows } = judged;
    const { variants, forms } = historyForms(ground, rows, 1);
    expect(variants.map(({ name }) => name)).toEqual(['removed', 'shuffled', 'swapped']);
    const known = byRow(rows);
    const counts = [0, 0, 0];
    for (const { row, variant, line } of forms) {
      counts[variant] = (counts[variant] as number) + 1;
      const own = lists((known.get(row) as ProbedRow).instruction.prompt);
      const shown = lists(line.prompt);
      if (variant === 0) expect([shown, line.history]).toEqual([{ liked: [], disliked: [] }, []]);
      if (variant === 1) {
        expect(shown).not.toEqual(own);
        for (const list of ['liked', 'disliked'] as const)
          expect([...shown[list]].sort()).toEqual([...own[list]].sort());
      }
      if (variant === 2) expect({ liked: shown.disliked, disliked: shown.liked }).toEqual(own);
    }
    expect(counts[0]).toBe(rows.length);
    expect(counts[2]).toBe(rows.length);
  });

  it('with stars is mirrored on the scale', () => {
    const { ground, rows } = mixed;
    const rated = rows.filter(({ template }) => template.places.has('stars'));
    expect(rated.length).toBeGreaterThan(0);
    const stars = (prompt: string) => (prompt.match(/\d (?=stars?)/g) ?? []).map(Number);
    for (const row of rated) {
      const swapped = ground.form(row, { swapsLikes: true }) as InstructionLine;
      expect(stars(swapped.prompt)).toEqual(stars(row.instruction.prompt).map((given) => 6 - given));
    }
  });

  it('that shows no likes is not swapped', () => {
    const lists = mixed.rows.filter(({ template }) => template.head.family === 'next-item');
    expect(lists.length).toBeGreaterThan(0);
    const { forms } = historyForms(mixed.ground, lists, 1);
    expect(forms.filter(({ variant }) => variant === 2)).toEqual([]);
  });
});

describe('orders of candidates', () => {
  it('are distinct, never the own one, and put each item at its place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 12 }), seeds, (n, wanted, seed) => {
        const orders = otherOrders(n, wanted, new Random(seed, 'test'));
        const things = Array.from({ length: n }, (_, i) => `item ${i}`);
        let there = 1;
        for (let i = 2; i <= n; i++) there *= i;
        expect(orders.length).toBe(Math.min(wanted, there - 1));
        expect(new Set(orders.map(String)).size).toBe(orders.length);
        for (const places of orders) {
          const shown = inPlaces(things, places);
          expect(shown).not.toEqual(things);
          expect(places.map((place) => shown[place])).toEqual(things); // mapped back
        }
        expect(otherOrders(n, wanted + 1, new Random(seed, 'test')).slice(0, orders.length)).toEqual(orders);
      }),
    );
  });

  it('carry the answers with them: the letter of an item is that of its place', () => {
    const lettered = mixed.rows.filter(({ template }) => template.head.id === 'pick/letter');
    expect(lettered.length).toBeGreaterThan(0);
    for (const { row, places, line } of orderForms(mixed.ground, lettered, 5, { from: 0, to: 3 })) {
      const { candidates, itemId } = (byRow(lettered).get(row) as ProbedRow).instruction;
      for (const [i, id] of (candidates ?? []).entries()) {
        const letter = String.fromCharCode(65 + ((places as readonly number[])[i] as number));
        expect(line.prompt).toContain(`${letter}. "Title ${id.slice(1)}"`);
        if (id === itemId) expect(line.answer).toBe(letter);
      }
    }
  });

  it('of two items are one other, and rows without a list have none', () => {
    const { ground, rows } = mixed;
    const pairs = rows.filter(({ template }) => template.head.task === 'pairwise');
    expect(pairs.length).toBeGreaterThan(0);
    expect(orderForms(ground, pairs, 1, { from: 0, to: MOST_ORDERS }).length).toBe(pairs.length);
    expect(orderForms(judged.ground, judged.rows, 1, { from: 0, to: 3 })).toEqual([]);
  });
});

it('shows one text of each form for each task, as it was asked, and of a single row where one has them all', () => {
  for (const { ground, rows, wordings } of [judged, mixed]) {
    const known = byRow(rows);
    const taskOf = (row: number) => {
      const { instruction, template } = known.get(row) as ProbedRow;
      const { label, choices, candidates } = instruction;
      return [template.head.task, label !== null, choices === null, candidates === null].join();
    };
    for (const { forms } of [historyForms(ground, rows, 1), wordingForms(ground, rows, wordings)]) {
      const examples = formExamples(rows, forms);
      const named = (all: readonly { row: number; variant: number }[]) =>
        all.map(({ row, variant }) => `${taskOf(row)} ${variant}`);
      expect(new Set(named(examples)).size).toBe(examples.length);
      expect(new Set(named(examples))).toEqual(new Set(named(forms)));
      for (const { row, variant, prompt, template, templateHash } of examples) {
        const form = forms.find((one) => one.row === row && one.variant === variant);
        expect([prompt, template, templateHash]).toEqual([form?.line.prompt, form?.by.id, form?.by.hash]);
      }
      for (const task of new Set(forms.map(({ row }) => taskOf(row)))) {
        const own = forms.filter(({ row }) => taskOf(row) === task);
        const variants = new Set(own.map(({ variant }) => variant)).size;
        const whole = own.some(({ row }) => own.filter((one) => one.row === row).length === variants);
        const shown = new Set(examples.filter(({ row }) => taskOf(row) === task).map(({ row }) => row));
        if (whole) expect(shown.size).toBe(1);
      }
    }
  }
});

it('exchanges every title of a row by the same rule, candidates and answers among them', () => {
  const { ground, rows } = mixed;
  const exchanged = exchangeTitles(
    [...ground.plan.log.items.values()].map(({ title }) => title),
    new Random(1, 'test'),
  );
  const { forms } = titleForms(ground, rows, exchanged);
  expect(forms.length).toBe(rows.length);
  const known = byRow(rows);
  const other = (text: string) => text.replace(/Title \d+/g, (title) => exchanged.get(title) as string);
  for (const { row, line } of forms) {
    const { prompt, choices } = (known.get(row) as ProbedRow).instruction;
    expect(line.prompt).toBe(other(prompt));
    expect(line.choices ?? line.labels).toEqual(choices?.map(other));
  }
});

it('asks each row in as many wordings as wanted, with the facts of the row', () => {
  for (const { ground, rows, wordings } of [judged, mixed]) {
    const { variants, forms } = wordingForms(ground, rows, wordings);
    expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
    const known = byRow(rows);
    for (const { row, line, variant } of forms) {
      const own = known.get(row) as ProbedRow;
      expect(titlesIn(line.prompt)).toEqual(titlesIn(own.instruction.prompt));
      expect((line.choices ?? line.labels)?.length).toBe(own.instruction.choices?.length);
      expect(variants[variant]?.name).not.toBe(own.template.head.id);
    }
    for (const row of rows) {
      const own = forms.filter((form) => form.row === row.instruction.row);
      expect([row.template.head.id, own.length]).toEqual([row.template.head.id, WORDINGS]);
    }
  }
});

describe('the subsample', () => {
  const many = () => Array.from({ length: 120 }, (_, row) => ({ ...at(row).instruction, row }));
  const at = (row: number) => mixed.rows[row % mixed.rows.length] as ProbedRow;
  const draw = (seed: number) =>
    drawSubsample(many(), mixed.ground, mixed.wordings, { seed, probes: PROBES, bytes: 0, fewest: FEWEST_PROBED }).rows;

  it('is the same for the same seed, and another for another', () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1).wording).not.toEqual(draw(2).wording);
    expect(draw(1).wording.length).toBe(50); // the fewest
    expect(draw(1).history).toEqual(draw(1).wording);
  });

  it('asks orders of rows that show a list', () => {
    const { order } = draw(1);
    expect(order.length).toBeGreaterThan(0);
    for (const row of order) expect(at(row).template.promptSlots.has('candidates')).toBe(true);
  });

  it('of a version that cannot be shown in other forms has rows to be served', () => {
    const { rows } = drawSubsample(many(), undefined, undefined, {
      seed: 1,
      probes: PROBES,
      bytes: 0,
      fewest: FEWEST_PROBED,
    });
    expect([rows.serving.length, rows.order, rows.wording, rows.history, rows.titles]).toEqual([50, [], [], [], []]);
  });
});

describe('a version', () => {
  it('whose log is another one now says so', async () => {
    const { store } = invented;
    const { version } = judged;
    const own = store.sources.find('invented');
    importInvented(store, inventedLog().slice(0, 100), {}, 'b'.repeat(64));
    expect(await ProbeGround.open(store, version, undefined)).toEqual({
      reason: 'the log "invented" was imported again with other content since the version was built',
    });
    importInvented(store, inventedLog(), {}, own?.hash);
    expect(await ProbeGround.open(store, version, undefined)).toBeInstanceOf(ProbeGround);
    expect(await ProbeGround.open(store, { ...version, sourceId: 'gone' }, undefined)).toEqual({
      reason: expect.stringContaining('the log "gone" is not in this studio'),
    });
  });

  it('whose template was written anew says so', async () => {
    const { version } = judged;
    const templates = version.templates.map((one) => ({ ...one, hash: 'c'.repeat(64) }));
    expect(await ProbeGround.open(invented.store, { ...version, templates }, undefined)).toEqual({
      reason: 'the template tallrec/movie is not what it was when the version was built',
    });
  });
});

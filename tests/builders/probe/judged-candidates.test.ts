import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildVersion } from '../../../src/builders/build-version.js';
import { ProbeGround } from '../../../src/builders/probe/ground.js';
import { judgedLists, judgingTemplate } from '../../../src/builders/probe/judged-candidates.js';
import type { Instruction } from '../../../src/core/instruction.js';
import { Random } from '../../../src/core/random.js';
import { type InventedStudio, importInvented, inventedLog, inventedRecipe, inventedStudio } from '../invented-store.js';

interface Built {
  ground: ProbeGround;
  test: Instruction[];
}

let invented: InventedStudio;
let judgements: Built;
let mixed: Built;

async function built(recipe: ReturnType<typeof inventedRecipe>): Promise<Built> {
  const version = await buildVersion(invented.store, recipe, {
    studio: invented.studio,
    now: () => new Date(0),
    program: '0.0.0',
  });
  const ground = await ProbeGround.open(invented.store, version, undefined);
  if (!(ground instanceof ProbeGround)) throw new Error(ground.reason);
  return { ground, test: [...invented.store.versions.instructions(version.hash, 'test')] };
}

const MIX = { twins: 'count', split: { kind: 'row-order', sizes: { unit: 'parts', train: 6, valid: 1, test: 3 } } };

beforeAll(async () => {
  invented = inventedStudio();
  const random = new Random(3, 'ratings');
  importInvented(
    invented.store,
    inventedLog().map((one) => ({ ...one, rating: 1 + random.integer(5) })),
  );
  judgements = await built(inventedRecipe());
  const { template: _, ...recipe } = inventedRecipe({ name: 'mixed' });
  const mix = ['pick', 'next-item', 'judgement-ratings'].map((family) => ({ family, weight: 1 }));
  const candidates = { negatives: 4, sampler: 'uniform', seed: 1 };
  mixed = await built({ ...recipe, ...MIX, candidates, mix } as ReturnType<typeof inventedRecipe>);
});
afterAll(() => invented.close());

const RULE = { negatives: 3, sampler: 'uniform' as const, seed: 7 };
const ALL = { most: 1000, seed: 1 };

describe("lists of the version's own rows", () => {
  const asked = () => {
    const { ground, test } = mixed;
    const template = judgingTemplate(ground, undefined);
    return { ...judgedLists(ground, test, template, undefined, ALL), template, test, ground };
  };

  it('are each asked about once, with a judgement for each candidate in its order, whatever the rows ask', () => {
    const { lists, eligible, test, ground } = asked();
    const own = new Map(test.map((instruction) => [instruction.row, instruction]));
    expect(lists.length).toBeGreaterThan(3);
    expect(eligible).toBe(
      new Set(test.flatMap(({ target, candidates }) => (candidates ? [`${target} ${[...candidates].sort()}`] : [])))
        .size,
    );
    for (const { row, candidates, lines } of lists) {
      expect(candidates).toEqual(own.get(row)?.candidates);
      const titles = candidates.map((id) => ground.plan.log.items.get(id)?.title as string);
      lines.forEach(({ prompt, labels }, i) => {
        expect(labels).toHaveLength(2);
        for (const title of titles) {
          const isShown = new RegExp(`${title}(?!\\d)`).test(prompt);
          expect(isShown).toBe(title === titles[i]); // nothing that is asked about stands in the history
        }
      });
    }
  });

  it('differ in nothing but the candidate', () => {
    const { lists, ground } = asked();
    for (const { candidates, lines } of lists) {
      const without = lines.map(({ prompt }, i) => {
        const { title } = ground.plan.log.items.get(candidates[i] as string) as { title: string };
        return prompt.replace(new RegExp(`${title}(?!\\d)`), '*');
      });
      expect(new Set(without).size).toBe(1);
    }
  });
});

describe('lists beside liked targets of judgements', () => {
  it('hold the target once and items that the user never met, and the prompt about the target is that of the row', () => {
    const { ground, test } = judgements;
    const { lists } = judgedLists(ground, test, judgingTemplate(ground, undefined), RULE, ALL);
    const own = new Map(test.map((instruction) => [instruction.row, instruction]));
    expect(lists.length).toBe(new Set(test.flatMap(({ label, target }) => (label ? [target] : []))).size);
    for (const { row, candidates, lines } of lists) {
      const { itemId, userId, prompt } = own.get(row) as Instruction;
      expect(candidates.filter((id) => id === itemId)).toHaveLength(1);
      expect(new Set(candidates).size).toBe(4);
      const met = ground.plan.metBy(userId);
      expect(candidates.filter((id) => met.has(id))).toEqual([itemId]);
      expect(lines[candidates.indexOf(itemId)]?.prompt).toBe(prompt);
    }
  });

  it('are the same however many others are asked, and no more than wanted', () => {
    const { ground, test } = judgements;
    const template = judgingTemplate(ground, undefined);
    const all = new Map(judgedLists(ground, test, template, RULE, ALL).lists.map((list) => [list.row, list]));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(99), (most, seed) => {
        const { lists, eligible } = judgedLists(ground, test, template, RULE, { most, seed });
        expect(lists).toHaveLength(Math.min(most, eligible));
        expect(lists.map(({ row }) => row)).toEqual(lists.map(({ row }) => row).sort((a, b) => a - b));
        for (const list of lists) expect(list).toEqual(all.get(list.row));
      }),
      { numRuns: 10 },
    );
  });
});

it('says which templates can judge, and what to do where no row can be asked', () => {
  expect(() => judgingTemplate(mixed.ground, 'pick/letter-1')).toThrow('judges a target');
  const { ground, test } = judgements;
  const template = judgingTemplate(ground, undefined);
  expect(() => judgedLists(ground, test, template, undefined, ALL)).toThrow('no row of test has a list');
  expect(() => judgedLists(ground, [], template, RULE, ALL)).toThrow('no judgement of test');
});

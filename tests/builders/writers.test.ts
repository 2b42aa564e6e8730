import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildVersion } from '../../src/builders/build-version.js';
import type { Teacher } from '../../src/builders/model-writers.js';
import { renderVersion } from '../../src/cli/render-version.js';
import { type Instruction, SPLITS } from '../../src/core/instruction.js';
import type { JsonSchema } from '../../src/core/json-schema.js';
import type { TextPrompt } from '../../src/core/text-prompt.js';
import { importShop, inventedShop, shopRecipe } from './invented-shop.js';
import { type InventedStudio, inventedStudio } from './invented-store.js';

let studio: InventedStudio;
beforeEach(() => {
  studio = inventedStudio();
  importShop(studio.store);
});
afterEach(() => studio.close());

const options = () => ({ studio: studio.studio, now: () => new Date(0), program: '0.1.0' });
const rowsOf = (hash: string): Instruction[] =>
  SPLITS.flatMap((split) => [...studio.store.versions.instructions(hash, split)]);

/** A teacher that answers by a function, and remembers what it was asked. */
function invented(
  answer: (prompt: string, schema: JsonSchema, attempt: number) => string,
): Teacher & { asked: TextPrompt[] } {
  const asked: TextPrompt[] = [];
  return {
    hash: 'f'.repeat(64),
    asked,
    async write(prompts, schema, attempt) {
      asked.push(...prompts);
      return prompts.map(({ prompt }) => answer(prompt, schema, attempt));
    },
  };
}

const tasteRecipe = () => shopRecipe({ mix: [{ cell: 'p2-i0-t3-plain' }], texts: { preference: 'model' } });
const cotRecipe = () =>
  shopRecipe({
    mix: [{ template: 'chain-of-thought/judge' }, { template: 'pick/letter' }],
    texts: { reasoning: 'model' },
  });

describe('texts by a model', () => {
  it('stand in the rows, each prompt is asked once, and the manifest names the model', async () => {
    const teacher = invented((prompt) => JSON.stringify({ text: `A taste of ${prompt.length} letters.` }));
    const version = await buildVersion(studio.store, tasteRecipe(), { ...options(), teacher });
    expect(version.texts).toEqual({ teacher: teacher.hash });
    expect(new Set(teacher.asked.map(({ prompt }) => prompt)).size).toBe(teacher.asked.length);
    const rows = rowsOf(version.hash);
    expect(rows.length).toBeGreaterThan(100);
    for (const { prompt } of rows) expect(prompt).toMatch(/A taste of \d+ letters\./);
  });

  it('are made without anything of the target or of what came later', async () => {
    const teacher = invented(() => JSON.stringify({ text: 'Likes what is quiet and small.' }));
    await buildVersion(studio.store, tasteRecipe(), { ...options(), teacher });
    const { interactions, items } = inventedShop();
    const titles = new Map(items.map(({ itemId, title }) => [itemId, title]));
    // Every list of titles that may be asked about: what a user had before some interaction, six at most.
    const histories = new Set<string>();
    for (const user of new Set(interactions.map(({ userId }) => userId))) {
      const own = interactions.filter(({ userId }) => userId === user).map(({ itemId }) => titles.get(itemId) ?? '');
      own.forEach((_, at) => {
        histories.add(
          own
            .slice(Math.max(0, at - 6), at)
            .sort()
            .join(),
        );
      });
    }
    expect(teacher.asked.length).toBeGreaterThan(50);
    for (const { prompt } of teacher.asked) {
      const listed = [...prompt.matchAll(/"([^"]+)"/g)].map(([, title]) => title ?? '');
      expect(histories).toContain(listed.sort().join());
    }
  });

  it('that fit no schema are none: another template takes the example, and it is counted', async () => {
    const teacher = invented((prompt) =>
      prompt.length % 2 === 0 ? 'no JSON' : JSON.stringify({ text: 'Likes quiet things.' }),
    );
    const recipe = shopRecipe({
      mix: [{ cell: 'p2-i0-t3-plain', weight: 5 }, { family: 'pick' }],
      texts: { preference: 'model' },
    });
    const version = await buildVersion(studio.store, recipe, { ...options(), teacher });
    expect(version.checks?.lacked?.preference).toBeGreaterThan(0);
    for (const { prompt } of rowsOf(version.hash))
      expect(prompt).not.toContain('a text that the model is going to write');
  });

  it('think before an answer: in train only when they lead to what the log says, in valid and test always', async () => {
    const teacher = invented((_prompt, schema) => {
      const words =
        'properties' in schema && 'enum' in (schema.properties.answer ?? {})
          ? (schema.properties.answer as { enum: string[] }).enum
          : [];
      return JSON.stringify({ reasoning: 'This one is as quiet as the others.', answer: words[0] });
    });
    const version = await buildVersion(studio.store, cotRecipe(), { ...options(), teacher });
    const thinking = rowsOf(version.hash).filter(({ templateId }) => templateId === 'chain-of-thought/judge');
    expect(thinking.length).toBeGreaterThan(20);
    for (const { split, answer, label } of thinking) {
      expect(answer).toBe(`This one is as quiet as the others. Answer: ${label ? 'Yes' : 'No'}`);
      if (split === 'train') expect(label).toBe(true); // it always says Yes
    }
    expect(thinking.some(({ split, label }) => split !== 'train' && label === false)).toBe(true);
  });

  const firstTitle = (prompt: string) => /"([^"]+)"/.exec(prompt)?.[1] ?? '';

  it('that name a title of the history are asked for again, and the new text stands in the row', async () => {
    const tries: number[] = [];
    const teacher = invented((prompt, _schema, attempt) => {
      tries[attempt] = (tries[attempt] ?? 0) + 1;
      const again = prompt.length % 3 === 0 ? 0 : prompt.length % 3 === 1 ? 1 : 2; // so often it names one
      return JSON.stringify({
        text: attempt < again ? `Likes THE ${firstTitle(prompt).toUpperCase()} most.` : `Try ${attempt} says nothing.`,
      });
    });
    const version = await buildVersion(studio.store, tasteRecipe(), { ...options(), teacher });
    expect(tries).toHaveLength(3);
    expect(tries[0]).toBeGreaterThan(tries[1] as number);
    expect(tries[1]).toBeGreaterThan(tries[2] as number);
    expect(version.texts?.named).toEqual({ preference: { askedAgain: tries[1], byRule: 0 } });
    for (const { prompt } of rowsOf(version.hash)) expect(prompt).toMatch(/Try [012] says nothing\./);
  });

  it('that name a title each time give way to the rule, which is counted; nothing else is asked again', async () => {
    const stubborn = (prompt: string) => prompt.length % 2 === 0;
    const teacher = invented((prompt) =>
      JSON.stringify({ text: stubborn(prompt) ? `The one with ${firstTitle(prompt)}.` : 'Likes quiet things.' }),
    );
    const version = await buildVersion(studio.store, tasteRecipe(), { ...options(), teacher });
    const distinct = [...new Set(teacher.asked.map(({ prompt }) => prompt))];
    const byRule = distinct.filter(stubborn).length;
    expect(byRule).toBeGreaterThan(5);
    expect(version.texts?.named).toEqual({ preference: { askedAgain: byRule, byRule } });
    expect(teacher.asked).toHaveLength(distinct.length + 2 * byRule);
    const rules = await buildVersion(
      studio.store,
      shopRecipe({ mix: [{ cell: 'p2-i0-t3-plain' }], texts: { preference: 'rule' } }),
      options(),
    );
    const tastes = new Set(rowsOf(rules.hash).map(({ input }) => input.split('\n')[0]));
    let told = 0;
    for (const { input } of rowsOf(version.hash)) {
      expect(input).not.toContain('The one with');
      if (input.includes('Likes quiet things.')) continue;
      told += 1;
      expect(tastes.has(input.split('\n')[0])).toBe(true);
    }
    expect(told).toBeGreaterThan(5);
    expect(renderVersion({ ...version, unchanged: false })).toContain(
      `preference: ${byRule} texts of the model named a title and were asked for again; ${byRule} of them are by rule`,
    );
  });

  it.each([
    { task: 'a list, by letter', mix: { template: 'chain-of-thought/pick' }, end: /Answer: [A-Z]$/ },
    { task: 'a list, by title', mix: { cell: 'p1-i0-t3-cot' }, end: /(answer is|Answer|Therefore): / },
    { task: 'two items', mix: { cell: 'p1-i0-t1-cot' }, end: /: [AB]$/ },
    { task: 'all items', mix: { cell: 'p1-i0-t2-cot' }, end: /: \w+ \w+ No \d+$/ },
    { task: 'stars', mix: { template: 'chain-of-thought/stars' }, end: /Stars: [1-5]$/ },
  ])('think before $task, and in train only thoughts that led to what the log says are taken', async ({ mix, end }) => {
    const words: string[][] = [];
    const teacher = invented((_prompt, schema) => {
      const { answer } = (schema as unknown as { properties: { answer: { enum: string[] } } }).properties;
      words.push(answer.enum);
      return JSON.stringify({ reasoning: 'It is as quiet as the others.', answer: answer.enum[0] });
    });
    const recipe = shopRecipe({
      mix: [mix, { family: 'explanation' }],
      texts: { reasoning: 'model' },
    });
    const version = await buildVersion(studio.store, recipe, { ...options(), teacher });
    const thinking = rowsOf(version.hash).filter(({ answer }) => answer.includes('It is as quiet as the others.'));
    expect(new Set(thinking.map(({ split }) => split)).size).toBe(3);
    expect(words.every((one) => one.length >= 2)).toBe(true);
    for (const { answer } of thinking) expect(answer).toMatch(end);
    const firsts = thinking.map(({ candidates, itemId, answer, split }) => ({
      split,
      first: candidates === null ? answer.endsWith(words[0]?.[0] as string) : candidates[0] === itemId,
    }));
    expect(firsts.filter(({ split }) => split === 'train').every(({ first }) => first)).toBe(true);
    expect(firsts.some(({ split, first }) => split !== 'train' && !first)).toBe(true);
  });

  it('think about a text that the model wrote before', async () => {
    const teacher = invented((_prompt, schema) =>
      JSON.stringify(
        'properties' in schema && 'answer' in schema.properties
          ? { reasoning: 'It goes with the taste.', answer: (schema.properties.answer as { enum: string[] }).enum[0] }
          : { text: 'Likes what the model wrote.' },
      ),
    );
    const recipe = shopRecipe({
      mix: [{ cell: 'p2-i0-t0-cot' }],
      texts: { preference: 'model', reasoning: 'model' },
    });
    const version = await buildVersion(studio.store, recipe, { ...options(), teacher });
    const rows = rowsOf(version.hash);
    expect(rows.length).toBeGreaterThan(20);
    for (const { prompt, answer } of rows) {
      expect(prompt).toContain('Likes what the model wrote.');
      expect(answer).toContain('It goes with the taste.');
    }
    const thoughts = teacher.asked.filter(({ prompt }) => prompt.includes('reasoning'));
    for (const { prompt } of thoughts) expect(prompt).toContain('Likes what the model wrote.');
  });

  it('are refused without a model', async () => {
    await expect(buildVersion(studio.store, tasteRecipe(), options())).rejects.toMatchObject({
      kind: 'usage',
      message: 'a model is to write preference, and none is given',
      fix: expect.stringContaining('--teacher'),
    });
  });
});

describe('imported texts', () => {
  const recipe = () =>
    shopRecipe({
      mix: [{ template: 'item-knowledge/what-is' }, { family: 'pick' }],
      texts: { knowledge: { imported: 'wiki' } },
    });

  it('stand in the rows of those that have one, and the manifest holds their hash', async () => {
    const set = { sourceId: 'shop', of: 'item', name: 'wiki' } as const;
    const texts = new Map(
      inventedShop()
        .items.filter((_, i) => i % 2 === 0)
        .map(({ itemId }) => [itemId, `Written about ${itemId}.`]),
    );
    studio.store.texts.save(
      {
        ...set,
        hash: 'c'.repeat(64),
        file: 'wiki.json',
        fileSha256: 'b'.repeat(64),
        sourceHash: 'a'.repeat(64),
        importedAt: new Date(0).toISOString(),
        counts: { taken: texts.size, empty: 0, unknown: 0, rejects: 0, without: 0 },
      },
      texts,
      [],
    );
    const version = await buildVersion(studio.store, recipe(), options());
    expect(version.texts).toEqual({ imported: { 'item wiki': 'c'.repeat(64) } });
    const rows = rowsOf(version.hash).filter(({ templateId }) => templateId === 'item-knowledge/what-is');
    expect(rows.length).toBeGreaterThan(5);
    for (const { answer, itemId } of rows) expect(answer).toBe(`Written about ${itemId}.`);
  });

  it('are refused when there are none of that name', async () => {
    await expect(buildVersion(studio.store, recipe(), options())).rejects.toMatchObject({
      kind: 'usage',
      message: 'the log "shop" has no imported texts "wiki"',
    });
  });
});

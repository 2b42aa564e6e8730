import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type DatasetPlan, planDataset } from '../../src/builders/dataset-plan.js';
import { loadTemplate, type Template } from '../../src/builders/load-template.js';
import { loadWrapper } from '../../src/builders/load-wrapper.js';
import { packagedTemplates } from '../../src/builders/packaged-templates.js';
import { layoutOf, PlainPrompts } from '../../src/builders/plain-prompts.js';
import { PlainRows } from '../../src/builders/plain-rows.js';
import { type ItemText, renderRow, type ShownExample } from '../../src/builders/render.js';
import { renderRows } from '../../src/builders/render-rows.js';
import { instructionsOf, MadeRow } from '../../src/core/made-row.js';
import type { ExampleRule, WrapperRule } from '../../src/core/recipe.js';
import { anyExample } from '../templates/invented-items.js';
import { importInvented, inventedLog, inventedRecipe, inventedStudio } from './invented-store.js';

const folder = mkdtempSync(join(tmpdir(), 'rectune-plain-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, front: string, body: string): Template {
  const head = `id: mine\nversion: 1\ntask: judgement\noutput: '{{#if label}}1{{else}}0{{/if}}'\n${front}`;
  writeFileSync(join(folder, name), `---\n${head}\n---\n${body}`);
  return loadTemplate(name, folder);
}

const TIME = { kind: 'time' } as const;
const WORDS = { item: 'film', items: 'films \u00e9' };
const FRONT = 'variables: [liked, disliked, target, label]\nfields: [author]';
const templates = {
  movie: loadTemplate('tallrec/movie', folder),
  book: loadTemplate('tallrec/book', folder),
  lines: written(
    'lines.hbs',
    'variables: [history, target, label, itemWord, itemWords]\nfields: [author]\ninstruction: "{{itemWords}} by {{quote target.author}}"',
    '{{#each history}}\n- {{title}} ({{../itemWord}}){{#unless @last}} and{{/unless}} | {{fieldValues this}}\n{{/each}}\n{{fieldValues target}}\n',
  ),
  moved: written(
    'moved.hbs',
    `${FRONT}\ninstruction: "{{moved liked}}"`,
    '{{target.title}}{{titles disliked}}{{target.author}}',
  ),
  instructionOnly: written(
    'only.hbs',
    'variables: [liked, target, label]\ninstruction: "{{titles liked}}: {{target.title}}"',
    '',
  ),
};

/** What a row says of text. */
function textOf(row: MadeRow, shown: readonly number[]) {
  const { prompt, values, history, instruction, input } = row.instruction();
  const json = Buffer.from(row.json.subarray(0, row.jsonLength)).toString();
  return {
    prompt,
    values,
    history,
    instruction,
    input,
    json,
    parts: row.parts.map((part) => ({ ...part })),
    shown: [...shown],
  };
}

function slowly(template: Template, wrapper: ReturnType<typeof loadWrapper>, example: ShownExample) {
  const [row, shown]: [MadeRow, number[]] = [new MadeRow(), []];
  renderRow(template, wrapper, { ...example, itemWord: WORDS.item, itemWords: WORDS.items }, row, shown);
  return textOf(row, shown);
}

describe.each(Object.entries(templates))('template %s', (_, template) => {
  it.each<WrapperRule>([{ kind: 'alpaca', noqaComment: true }, { kind: 'plain' }])(
    'is put together from pieces, in wrapper $kind, to the bytes that rendering gives',
    (rule) => {
      const wrapper = loadWrapper(rule);
      const layout = layoutOf(template, wrapper);
      if (layout === undefined) throw new Error('a template of segments has no layout');
      fc.assert(
        fc.property(fc.array(anyExample, { minLength: 1, maxLength: 4 }), (examples) => {
          const items: ItemText[] = [
            ...new Set(examples.flatMap(({ history, target }) => [...history.map(({ item }) => item), target])),
          ];
          const plain = new PlainPrompts(layout, items.length, (item) => items[item] as ItemText, WORDS);
          const row = new MadeRow();
          for (const example of examples) {
            const shownItems = [...example.history.map(({ item }) => item), example.target, example.target];
            const shown = plain.fill(row, {
              items: Uint32Array.from([items[0] as ItemText, ...shownItems], (item) => items.indexOf(item)),
              likes: Uint8Array.from([2, ...example.history.map(({ liked }) => Number(liked)), 2, 2]),
              begin: 1,
              end: 1 + example.history.length,
              target: 1 + example.history.length,
            });
            expect(textOf(row, shown)).toEqual(slowly(template, wrapper, example));
          }
        }),
      );
    },
  );
});

it('is not for templates that print what a user said of an item, or what is made for the example alone', () => {
  const stars = written(
    'stars.hbs',
    'variables: [history, target, label]\ninstruction: "{{#each history}}{{title}}{{#if isLiked}}+{{/if}}{{/each}}"',
    '{{target.title}}',
  );
  const taste = written(
    'taste.hbs',
    'variables: [preference, target, label]\ninstruction: "{{preference}}"',
    '{{target.title}}',
  );
  const named = written(
    'named.hbs',
    'variables: [liked, target, label]\ninstruction: "{{#each liked}}{{title}} or {{../target.title}}{{/each}}"',
    '',
  );
  for (const { segments } of [stars, taste, named]) expect(segments).toBeUndefined();
});

it('is for some of the templates of the library, and not for others', () => {
  const all = packagedTemplates().map((name) => loadTemplate(name, folder));
  const plain = all.filter(({ segments }) => segments !== undefined).map(({ head }) => head.id);
  expect(plain).toEqual(expect.arrayContaining(['tallrec/movie', 'tallrec/book']));
  expect(plain.length).toBeLessThan(all.length);
});

describe('a version', () => {
  const studio = inventedStudio();
  afterAll(() => studio.close());
  importInvented(studio.store, inventedLog());
  const wrapper = loadWrapper({ kind: 'alpaca', noqaComment: false });

  /** The same plan, with a template of which the pieces are not known. */
  function withoutPieces(plan: DatasetPlan): DatasetPlan {
    const templates = plan.mixture.templates.map((template) => ({ ...template, segments: undefined }));
    const mixture = { templates, leftOut: [], order: () => templates };
    return { ...plan, mixture: mixture as unknown as DatasetPlan['mixture'] };
  }

  it.each<ExampleRule>([
    { history: 3, kind: 'sliding-window', keepLast: null, order: TIME },
    { history: 4, kind: 'each-interaction', minHistory: 0, order: TIME },
    { history: 2, kind: 'last-item', take: 'latest', minInteractions: 2, order: TIME },
  ])('of $kind has the same rows whether they are put together from pieces or rendered one by one', (examples) => {
    const plan = planDataset(studio.store, inventedRecipe({ examples }));
    expect(PlainRows.of(plan, wrapper)).toBeDefined();
    expect(PlainRows.of(withoutPieces(plan), wrapper)).toBeUndefined();
    const [fast, slow] = [plan, withoutPieces(plan)].map((one) => {
      const tally = { withoutRow: {}, lacked: {} };
      return { rows: [...instructionsOf(renderRows(one, wrapper, {}, tally))], tally };
    });
    expect(fast?.rows.length).toBeGreaterThan(5);
    expect(fast).toEqual(slow);
    plan.close();
  });
});

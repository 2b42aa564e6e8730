import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintRecipe } from '../../src/builders/lint/lint-recipe.js';
import { isCounted, lintTemplate, twinFindings } from '../../src/builders/lint/lint-template.js';
import { lintVersion, logOf } from '../../src/builders/lint/lint-version.js';
import { loadTemplate } from '../../src/builders/load-template.js';
import { loadWrapper } from '../../src/builders/load-wrapper.js';
import { allTemplates } from '../../src/builders/template-library.js';
import type { Instruction } from '../../src/core/instruction.js';
import { RULES, type RuleName } from '../../src/core/lint.js';
import { instruction, keepSource, NOW, source, temporaryFolder, temporaryStore, version } from '../store/fixtures.js';

const ALPACA = loadWrapper({ kind: 'alpaca', noqaComment: false });
const PLAIN = loadWrapper({ kind: 'plain' });

const CLEAN = `---
id: mine
version: 1
task: judgement
variables: [liked, disliked, target, label]
instruction: Say Yes or No.
output: '{{#if label}}Yes{{else}}No{{/if}}'
---
Liked: {{titles liked}}
Disliked: {{titles disliked}}
Target: {{target.title}}?
`;

const changed = (text: string, from: string, to: string): string => {
  if (!text.includes(from)) throw new Error(`no ${from}`);
  return text.replace(from, to);
};

/** The rules that a text breaks. */
function rulesOf(text: string, wrapper = ALPACA): RuleName[] {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine.hbs'), text);
  return lintTemplate('mine.hbs', folder, wrapper).findings.map(({ rule }) => rule);
}

describe('a template', () => {
  it('that is well has no finding, in either wrapper', () => {
    expect(rulesOf(CLEAN)).toEqual([]);
    expect(rulesOf(CLEAN, PLAIN)).toEqual([]);
  });

  it.each<{ rule: RuleName; from: string; to: string; wrapper?: typeof PLAIN; quiet?: [string, string] }>([
    { rule: 'unknown-slot', from: '[liked,', to: '[genre, liked,' },
    { rule: 'unused-slot', from: '[liked,', to: '[preference, liked,' },
    { rule: 'answer-slot-in-prompt', from: 'Target:', to: '{{#if label}}Good{{/if}} Target:' },
    { rule: 'invalid-template', from: 'Target:', to: '{{#if' },
    { rule: 'label-visible', from: '}}?\n', to: '}}? Yes\n', wrapper: PLAIN, quiet: ['}}?\n', '}}? Yes, no?\n'] },
    { rule: 'one-label-named', from: 'Yes or No', to: 'whether it is a Yes', quiet: ['Yes or No', 'Yes, eyes, or no'] },
    { rule: 'near-labels', from: 'Yes{{else}}No', to: 'Yes{{else}}yes.' },
    { rule: 'answer-edge-space', from: 'No{{/if}}', to: 'No {{/if}}', quiet: ['No{{/if}}', 'No at all{{/if}}'] },
    { rule: 'prompt-ends-in-space', from: '}}?\n', to: '}}? \n', wrapper: PLAIN },
    { rule: 'glued-answer', from: '}}?\n', to: '}}? Say\n', wrapper: PLAIN, quiet: ['}}?\n', '}}? Say:\n'] },
    { rule: 'end-token-as-text', from: 'No{{/if}}', to: 'No{{/if}}</s>' },
    {
      rule: 'future-field',
      from: 'instruction:',
      to: 'fields: [averageRating]\ninstruction:',
      quiet: ['instruction:', 'fields: [author]\ninstruction:'],
    },
  ])('is told of $rule, and not without a reason', ({ rule, from, to, wrapper, quiet }) => {
    const prints = (text: string, field: string): string => {
      return text.includes(`fields: [${field}]`)
        ? changed(text, '{{target.title}}', `{{target.title}} {{target.${field}}}`)
        : text;
    };
    expect(rulesOf(prints(changed(CLEAN, from, to), 'averageRating'), wrapper)).toContain(rule);
    if (quiet) expect(rulesOf(prints(changed(CLEAN, ...quiet), 'author'), wrapper)).not.toContain(rule);
  });

  it('tells every name that is wrong, not the first alone', () => {
    const text = changed(CLEAN, '[liked,', '[genre, preference, user, liked,');
    expect(rulesOf(text)).toEqual(['unknown-slot', 'unused-slot', 'unused-slot']);
  });

  it('has leading spaces in its answers in the wrapper that they fit', () => {
    const text = changed(CLEAN, 'Yes{{else}}No', ' Yes{{else}} No');
    expect(rulesOf(text, PLAIN)).toEqual([]);
    expect(rulesOf(text, ALPACA)).toEqual(['answer-edge-space']);
  });

  it('is told of its twin', () => {
    const folder = temporaryFolder();
    for (const name of ['a', 'b', 'c']) {
      const text = changed(CLEAN, 'id: mine', `id: ${name}`);
      writeFileSync(join(folder, `${name}.hbs`), name === 'c' ? changed(text, 'Say', 'Tell') : text);
    }
    const [a, b, c] = ['a.hbs', 'b.hbs', 'c.hbs'].map((name) => loadTemplate(name, folder)) as [never, never, never];
    expect(twinFindings([a, b, c], ALPACA).map(({ what }) => what)).toEqual([
      'template "b" renders the same text as "a"',
    ]);
    expect(twinFindings([a, c], ALPACA)).toEqual([]);
  });
});

it('an attribute is counted over the log when its name says so, in any spelling', () => {
  const counted = [
    'averageRating',
    'popularity',
    'review_count',
    'voteCount',
    'numRatings',
    'avg_rating',
    'tagTimes',
    'salesRank',
  ];
  expect(counted.filter((name) => !isCounted(name))).toEqual([]);
  const known = ['country', 'title', 'author', 'genres', 'meaning', 'account', 'discount', 'year', 'number', 'tags'];
  expect(known.filter(isCounted)).toEqual([]);
});

/** Templates of the package that are not clean in the Alpaca wrapper, with the reason. */
const EXCEPTIONS: Readonly<Record<string, { rules: readonly RuleName[]; why: string }>> = {
  'tallrec/tiny': {
    rules: ['answer-edge-space'],
    why: 'written for the plain wrapper of recipes/tiny.yaml, where a space must stand there',
  },
};

it('the templates of the package are clean, but for the exceptions', () => {
  const found = allTemplates().map((name) => ({ name, ...lintTemplate(name, '.', ALPACA) }));
  expect(found.length).toBeGreaterThan(280);
  for (const { name, findings } of found) {
    expect(
      findings.map(({ rule }) => rule),
      name,
    ).toEqual(EXCEPTIONS[name]?.rules ?? []);
  }
  expect(
    twinFindings(
      found.flatMap(({ template }) => template ?? []),
      ALPACA,
    ),
  ).toEqual([]);
});

const recipes = readdirSync(join(import.meta.dirname, '..', '..', 'recipes')).filter((file) => file.endsWith('.yaml'));

it.each(recipes.map((file) => file.replace('.yaml', '')))('the recipe %s of the package is clean', (name) => {
  expect(lintRecipe(name, () => undefined).findings).toEqual([]);
});

const RECIPE = `name: mine
source: log
label: {kind: rating-above, threshold: 3}
examples: {kind: sliding-window, order: {kind: time}, history: 3}
split: {kind: row-order, sizes: {unit: parts, train: 8, valid: 1, test: 1}}
template: mine.hbs
wrapper: {kind: alpaca}
`;

const item = (title: string, attributes: Record<string, string> = {}) =>
  new Map([['i1', { itemId: 'i1', title, attributes }]]);
const LOG = {
  items: item('Heat & Dust (1983)', { tags: 'a', tagTimes: '1' }),
  hasTimes: true,
  hasRatings: true,
  ofUsers: new Set<string>(),
  ofInteractions: new Set(['dwell']),
};

function recipeRules(
  text: string,
  log = LOG as typeof LOG | undefined,
  templates: Record<string, string> = {},
): RuleName[] {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries({ mine: CLEAN, ...templates }))
    writeFileSync(join(folder, `${name}.hbs`), content);
  writeFileSync(join(folder, 'mine.yaml'), text);
  return lintRecipe(join(folder, 'mine.yaml'), () => log).findings.map(({ rule }) => rule);
}

describe('a recipe', () => {
  const mix = (parts: string) => changed(RECIPE, 'template: mine.hbs', `mix: ${parts}`);
  const other = changed(changed(CLEAN, 'id: mine', 'id: other'), 'Yes{{else}}No', 'Good{{else}}Bad');
  const spoken = changed(other, 'Say Yes or No', 'Good or Bad');
  const counted = { ...LOG, items: item('A', { popularity: '7' }) } as unknown as typeof LOG;

  it('that is well has no finding', () => expect(recipeRules(RECIPE)).toEqual([]));

  it.each<{
    rule: RuleName;
    text: string;
    log?: typeof LOG;
    templates?: Record<string, string>;
    quiet: [string, typeof LOG?, Record<string, string>?];
  }>([
    { rule: 'invalid-recipe', text: changed(RECIPE, 'source: log', 'sauce: log'), quiet: [RECIPE] },
    { rule: 'no-candidates', text: mix('[{family: pick}]'), quiet: [`${mix('[{family: pick}]')}candidates: {}\n`] },
    {
      rule: 'mixed-labels',
      text: mix('[{template: mine.hbs}, {template: other.hbs}]'),
      templates: { other: spoken },
      quiet: [
        mix('[{template: mine.hbs}, {template: other.hbs}]'),
        LOG,
        { other: changed(changed(CLEAN, 'id: mine', 'id: other'), 'Say', 'Tell') },
      ],
    },
    {
      rule: 'twin-wording',
      text: mix('[{template: mine.hbs}, {template: other.hbs}]'),
      templates: { other: changed(CLEAN, 'id: mine', 'id: other') },
      quiet: [mix('[{template: mine.hbs}, {template: other.hbs}]'), LOG, { other: spoken }],
    },
    {
      rule: 'missing-column',
      text: mix('[{template: mine.hbs}, {cell: p1-i1-t0-plain}]'), // a vague need is made from reviews
      quiet: [mix('[{template: mine.hbs}, {cell: p1-i0-t0-plain}]')],
    },
    {
      rule: 'missing-column',
      text: mix('[{family: rating}]'),
      log: { ...LOG, hasRatings: false },
      quiet: [mix('[{family: rating}]')],
    },
    {
      rule: 'missing-column',
      text: RECIPE,
      log: { ...LOG, hasRatings: false },
      quiet: [changed(RECIPE, '{kind: rating-above, threshold: 3}', '{kind: implicit}'), { ...LOG, hasRatings: false }],
    },
    {
      rule: 'missing-column',
      text: changed(RECIPE, 'rating-above', 'attribute-above, attribute: dwel'),
      quiet: [changed(RECIPE, 'rating-above', 'attribute-above, attribute: dwell')],
    },
    {
      rule: 'missing-column',
      text: changed(RECIPE, 'history: 3}', 'history: 3, targets: {attribute: past, not: ["1"]}}'),
      quiet: [changed(RECIPE, 'history: 3}', 'history: 3, targets: {attribute: dwell, not: ["1"]}}')],
    },
    {
      rule: 'missing-column',
      text: `${RECIPE}columns: {category: genre}\n`,
      quiet: [`${RECIPE}columns: {category: tags}\n`],
    },
    {
      rule: 'missing-column',
      text: mix('[{cell: p2-i0-t0-plain}]'),
      quiet: [`${mix('[{cell: p2-i0-t0-plain}]')}texts: {preference: model}\n`], // nobody needs categories then
    },
    { rule: 'no-unseen-wording', text: mix('[{family: tallrec}]'), quiet: [mix('[{family: judgement-lists}]')] },
    {
      rule: 'unstable-order',
      text: changed(RECIPE, '{kind: time}', '{kind: shuffled, seed: 1}'),
      quiet: [changed(RECIPE, '{kind: time}', '{kind: shuffled, seed: 1}'), { ...LOG, hasTimes: false }],
    },
    {
      rule: 'future-field',
      text: `${RECIPE}columns: {category: popularity}\n`,
      log: counted,
      quiet: [`${RECIPE}columns: {category: genres}\n`],
    },
    {
      rule: 'undated-tags',
      text: RECIPE,
      log: { ...LOG, items: item('A', { tags: 'a' }) } as unknown as typeof LOG,
      quiet: [RECIPE],
    },
    {
      rule: 'html-title',
      text: RECIPE,
      log: { ...LOG, items: item('Salt &amp; Pepper', { tags: 'a', tagTimes: '1' }) as never },
      quiet: [RECIPE],
    },
    {
      rule: 'html-title',
      text: RECIPE,
      log: { ...LOG, items: item('The <i>Quiet</i> Harbour') as never },
      quiet: [RECIPE, { ...LOG, items: item('a < b > c & d; <3') as never }],
    },
  ])('is told of $rule, and not without a reason', ({ rule, text, log, templates, quiet }) => {
    expect(recipeRules(text, log ?? LOG, templates)).toContain(rule);
    expect(recipeRules(quiet[0], quiet[1] ?? LOG, quiet[2])).not.toContain(rule);
  });
});

describe('a version', () => {
  const linted = (rows: Instruction[], change: Parameters<typeof version>[1] = {}, title = 'A'): RuleName[] => {
    const { store } = temporaryStore();
    keepSource(store, source('log'), { items: [{ itemId: 'i1', title, attributes: {} }] });
    const sealed = version('aa', change);
    store.versions.save(sealed, rows, NOW);
    expect(logOf(store, 'other')).toBeUndefined();
    return lintVersion(store, sealed).map(({ rule }) => rule);
  };
  const both = [instruction(0), instruction(1, { label: false, answer: 'No.' })];
  const family = (evaluationOnly: boolean) => ({
    templates: ['a', 'b'].map((id, i) => ({
      id,
      version: 1,
      hash: id,
      task: 'judgement',
      family: 'mine',
      evaluationOnly: evaluationOnly && i === 1,
    })),
  });

  it('that is well has no finding', () => expect(linted(both)).toEqual([]));
  it('is told of one-label', () => expect(linted([instruction(0), instruction(1)])).toEqual(['one-label']));
  it('is told of mixed-labels', () => {
    const other = instruction(2, { choices: ['Good', 'Bad'], answer: 'Good' });
    expect(linted([...both, other])).toEqual(['mixed-labels']);
    const thoughts = instruction(2, { choices: ['So. Yes.', 'So. No.'], answer: 'So. Yes.' });
    expect(linted([...both, thoughts])).toEqual([]);
  });
  it('is told of no-unseen-wording', () => {
    expect(linted(both, family(false))).toEqual(['no-unseen-wording']);
    expect(linted(both, family(true))).toEqual([]);
  });
});

it('docs/lint.md names every rule with its severity', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'lint.md'), 'utf8');
  const lines = Object.entries(RULES).map(([name, { severity }]) => `| \`${name}\` | ${severity} | `);
  expect(lines.filter((line) => !page.includes(line))).toEqual([]);
});

it('every rule has a test that it fires', () => {
  const tests = ['builders/lint.test.ts', 'flow/lint.test.ts'].map((file) =>
    readFileSync(join(import.meta.dirname, '..', file), 'utf8'),
  );
  expect(Object.keys(RULES).length).toBeGreaterThan(24);
  expect(Object.keys(RULES).filter((name) => !tests.some((text) => text.includes(`'${name}'`)))).toEqual([]);
});

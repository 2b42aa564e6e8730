import fc from 'fast-check';
import Handlebars from 'handlebars';
import { expect, it } from 'vitest';
import { compileTemplate } from '../../src/builders/compile.js';
import { gridTemplate, isGridName } from '../../src/builders/grid.js';
import { inlinePartials } from '../../src/builders/partials.js';
import { textOf } from '../../src/builders/sheet.js';
import { openTemplateFile } from '../../src/builders/template-file.js';
import { type Fields, ITEM_HELPERS, LIST_HELPERS, TEXT_HELPERS } from '../../src/builders/template-helpers.js';
import { allTemplates } from '../../src/builders/template-library.js';
import { TemplateHead } from '../../src/core/template.js';
import { packageRoot } from '../../src/platform/files.js';
import { anyTitle } from './invented-items.js';

/** Handlebars itself, with the helpers as they read. */
function oracle(text: string, context: object, fields: readonly string[]): string {
  const plain = Handlebars.create();
  for (const [name, shown] of Object.entries(LIST_HELPERS))
    plain.registerHelper(name, (items: { title: string }[]) =>
      items.map(({ title }) => `"${shown(title)}"`).join(', '),
    );
  for (const [name, helper] of Object.entries(TEXT_HELPERS))
    plain.registerHelper(name, (value: string) => helper(value));
  for (const [name, helper] of Object.entries(ITEM_HELPERS))
    plain.registerHelper(name, (item: Fields) => helper(item, fields));
  return plain.compile(text, { noEscape: true, strict: true })(context);
}

function ours(text: string, context: object, fields: readonly string[]): string {
  return textOf((sheet) => compileTemplate(Handlebars.parse(text), 'values', fields)(context, sheet));
}

const anyItem = fc.record({
  title: anyTitle,
  author: anyTitle,
  genre: anyTitle,
  category: anyTitle,
  isLiked: fc.boolean(),
  stars: fc.constantFrom('1', '4.5'),
  letter: fc.constantFrom('A', 'B'),
  number: fc.constantFrom('1', '2'),
});
const anyItems = fc.array(anyItem, { minLength: 1, maxLength: 4 });
const TEXTS = ['stars', 'itemWord', 'itemWords', 'order', 'preference', 'vagueIntention', 'specificIntention'] as const;
const MORE = [
  'collaborative',
  'reasoning',
  'explanation',
  'feature',
  'headline',
  'review',
  'knowledge',
  'profile',
  'factors',
] as const;
const anyContext = fc.record({
  ...Object.fromEntries([...TEXTS, ...MORE].map((name) => [name, anyTitle])),
  label: fc.boolean(),
  target: anyItem,
  chosen: anyItem,
  history: anyItems,
  liked: anyItems,
  disliked: anyItems,
  candidates: anyItems,
  user: fc.record({ age: anyTitle, gender: anyTitle, occupation: anyTitle }),
});

it('renders every template of the package, and the grid, as Handlebars does', () => {
  const files = allTemplates().map((name) =>
    isGridName(name) ? gridTemplate(name) : openTemplateFile(`${packageRoot()}/templates/${name}.hbs`, TemplateHead),
  );
  fc.assert(
    fc.property(anyContext, (context) => {
      for (const { head, body } of files) {
        const fields = ['title', ...head.fields];
        for (const piece of [head.instruction, body, head.output]) {
          const { text } = inlinePartials(piece, (line) => `${head.id}:${line}`, []);
          expect(ours(text, context, fields)).toBe(oracle(text, context, fields));
        }
      }
    }),
    { numRuns: 3 },
  );
});

/** Templates of everything that the language has, with line ends and "~" that Handlebars takes away around tags. */
const anyTemplate = fc.letrec<{ root: string; item: string; text: string }>((tie) => {
  const piece = (options: fc.Arbitrary<string>[]) =>
    fc.array(fc.oneof(...options), { maxLength: 4 }).map((all) => all.join(''));
  const block = (name: string, inner: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.constantFrom('if', 'unless'), fc.constantFrom('', '~'), inner, inner, fc.boolean())
      .map(
        ([kind, trim, then, other, has]) =>
          `{{#${kind} ${name}${trim}}}${then}${has ? `{{else}}${other}` : ''}{{${trim}/${kind}}}`,
      );
  return {
    text: fc.constantFrom('Liked: ', '\n', '  \n', ' & ', '"<b>"', 'é \u{1f680}', '{{! a note }}', '\n  '),
    item: piece([
      tie('text'),
      fc.constantFrom(
        '{{title}}',
        '{{this.title}}',
        '{{../itemWord}}',
        '{{quote title}}',
        '{{fieldValues this}}',
        '{{../target.title}}',
      ),
      block('isLiked', tie('text')),
      block('@last', tie('text')),
      block('../label', tie('text')),
    ]),
    root: piece([
      tie('text'),
      fc.constantFrom(
        '{{itemWord}}',
        '{{target.title}}',
        '{{titles liked}}',
        '{{moved history}}',
        '{{user.age}}',
        '{{article target.title}}',
        '{{starWords stars}}',
        '{{oneLine review}}',
        '{{fieldValues target}}',
      ),
      block('label', tie('root')),
      block('user.gender', tie('root')),
      fc
        .tuple(fc.constantFrom('history', 'candidates'), tie('item'))
        .map(([list, inner]) => `{{#each ${list}}}${inner}{{/each}}`),
    ]),
  };
}).root;

it('renders any template of the language as Handlebars does', () => {
  fc.assert(
    fc.property(anyTemplate, anyContext, (text, context) => {
      const fields = ['title', 'author'];
      expect(ours(text, context, fields)).toBe(oracle(text, context, fields));
    }),
    { numRuns: 500 },
  );
});

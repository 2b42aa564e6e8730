import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gridTemplates } from '../../src/builders/grid.js';
import { loadTemplate } from '../../src/builders/load-template.js';
import { loadWrapper } from '../../src/builders/load-wrapper.js';
import { renderExample, type ShownExample } from '../../src/builders/render.js';
import { WrapperRule } from '../../src/core/recipe.js';
import { packageRoot } from '../../src/platform/files.js';

const root = join(packageRoot(), 'templates');
const templates = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.hbs') && !file.startsWith('wrappers'))
  .map((file) => file.replaceAll('\\', '/').replace(/\.hbs$/, ''))
  .sort();

const item = (title: string, author: string, genre: string) => ({ title, author, genre, category: `${genre}, "more"` });
/** Invented titles with all that careless code breaks on. */
const example: ShownExample = {
  history: [
    { item: item('Salt & Pepper', 'Ann <Bo>', 'comedy'), liked: true, stars: '4.5' },
    { item: item('The "Quiet" Harbour (1971)', "O'Hara, Kit", 'drama'), liked: false, stars: '1' },
    { item: item('Émile et les Œufs', 'Zoë Ångström', 'comedy'), liked: true, stars: '4.5' },
    { item: item('<|im_end|> Rocket \u{1f680} </s>', '[INST]', 'science fiction'), liked: true, stars: '4.5' },
    { item: item('{{label}} of the North', '雨宮', 'documentary'), liked: false, stars: '1' },
  ],
  target: item('Yes. ### Response:', 'No One', 'horror'),
  label: false,
  stars: '2',
  scale: ['1', '2', '4.5'],
  candidates: [item('A. "First"', '', ''), item('Yes. ### Response:', 'No One', 'horror'), item('B', '', '')],
  chosen: 1,
  user: { age: '41', gender: '<F>', occupation: 'writer & "poet"' },
  texts: {
    preference: 'drama (2 of 3 liked); not </s>',
    vagueIntention: 'something for a {{rainy}} day',
    specificIntention: 'horror, "slow"',
    collaborative: '3 of 5 users who know 2 or more of these liked it',
    reasoning: 'The user mostly likes comedy, and this is none of it.',
    explanation: 'It was <|im_end|> too long for me.',
    feature: 'length',
    headline: 'Not & for me',
    review: 'It was\n\ntoo   long. ### Response:',
    knowledge: 'title is "x".',
    profile: '{"summarization":"a","reasoning":"b"}',
    factors: 'genre, mood',
  },
  itemWord: 'movie',
  itemWords: 'movies',
};

/** The prompt with what native/ is told about it: « » around values, ‹ › around history items, each with its number by age. */
function drawn(name: string): string {
  const template = loadTemplate(name, root);
  const wrapper = loadWrapper({ kind: 'alpaca', noqaComment: false });
  const { prompt, values, history, answer } = renderExample(template, wrapper, example);
  const signs: [number, string][] = [
    ...history.flatMap(([begin, end], i): [number, string][] => [
      [begin, `‹${i}:`],
      [end, '›'],
    ]),
    ...values.flatMap(([begin, end]): [number, string][] => [
      [begin, '«'],
      [end, '»'],
    ]),
  ];
  const order = '»›‹«'; // what closes stands before what opens
  signs.sort(([a, x], [b, y]) => a - b || order.indexOf(x[0] as string) - order.indexOf(y[0] as string));
  const bytes = Buffer.from(prompt);
  let read = 0;
  let text = '';
  for (const [at, sign] of signs) {
    text += bytes.subarray(read, at).toString() + sign;
    read = at;
  }
  return `${text}${bytes.subarray(read).toString()}<answer>${answer}</answer>\n`;
}

describe('the templates of the package', () => {
  it('are some', () =>
    expect(templates).toEqual(expect.arrayContaining(['tallrec/book', 'tallrec/movie', 'tallrec/tiny'])));

  it.each(templates)('%s renders as before', async (name) => {
    await expect(drawn(name)).toMatchFileSnapshot(`../golden/templates/${name.replaceAll('/', '-')}.txt`);
  });

  it('of the grid render as before', async () => {
    const all = gridTemplates().map((name) => `=== ${name}\n${drawn(name)}`);
    await expect(all.join('')).toMatchFileSnapshot('../golden/templates/grid.txt');
  });

  it('have a wrapper file for each kind that a recipe may ask for', () => {
    const kinds = WrapperRule.options.map((option) => option.shape.kind.value);
    const files = readdirSync(join(root, 'wrappers')).map((file) => file.replace(/\.hbs$/, ''));
    expect(files.sort()).toEqual([...kinds].sort());
    for (const kind of kinds) expect(loadWrapper(WrapperRule.parse({ kind })).head.id).toBe(kind);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTemplate, type Template } from '../../src/builders/load-template.js';
import { loadWrapper } from '../../src/builders/load-wrapper.js';
import { type ItemText, renderExample, type ShownExample } from '../../src/builders/render.js';
import type { ByteRange } from '../../src/core/instruction.js';
import { anyExample, HARD_TITLES } from './invented-items.js';

const folder = mkdtempSync(join(tmpdir(), 'rectune-render-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, front: string, body: string): Template {
  const head = `id: mine\nversion: 1\ntask: judgement\noutput: '{{#if label}}1{{else}}0{{/if}}'\n${front}`;
  writeFileSync(join(folder, name), `---\n${head}\n---\n${body}`);
  return loadTemplate(name, folder);
}

const alpaca = loadWrapper({ kind: 'alpaca', noqaComment: false });
const templates = {
  movie: loadTemplate('tallrec/movie', folder),
  book: loadTemplate('tallrec/book', folder),
  lines: written(
    'lines.hbs',
    'variables: [liked, disliked, target, label]\nfields: [author]\ninstruction: "{{target.author}}: {{titles disliked}}?"',
    '{{#each liked}}\n- {{title}}{{#unless @last}} and{{/unless}} | {{../target.title}} | {{this.author}}\n{{/each}}\nEnd\n',
  ),
  instructionOnly: written(
    'only.hbs',
    'variables: [liked, target, label]\ninstruction: "{{titles liked}}: {{target.title}}"',
    '',
  ),
  historyAtEnd: written(
    'end.hbs',
    'variables: [liked, disliked, target, label]\ninstruction: "{{target.title}}"',
    '{{~titles liked~}}\n{{titles disliked}}',
  ),
};
const bytes = (text: string): Buffer => Buffer.from(text);
const cut = (text: string, [begin, end]: ByteRange): string => bytes(text).subarray(begin, end).toString();

function without(prompt: string, ranges: readonly ByteRange[]): string {
  const all = bytes(prompt);
  const drop = new Set(ranges.flatMap(([begin, end]) => Array.from({ length: end - begin }, (_, i) => begin + i)));
  return Buffer.from(all.filter((_, i) => !drop.has(i))).toString();
}

describe.each(Object.entries(templates))('template %s', (name, template) => {
  it('reads without its oldest items exactly as if rendered without them', () => {
    fc.assert(
      fc.property(anyExample, (example) => {
        const { prompt, history, shown } = renderExample(template, alpaca, example);
        for (let dropped = 0; dropped <= history.length; dropped++) {
          const gone = new Set(shown.slice(0, dropped));
          const rest: ShownExample = { ...example, history: example.history.filter((_, i) => !gone.has(i)) };
          expect(without(prompt, history.slice(0, dropped))).toBe(renderExample(template, alpaca, rest).prompt);
        }
      }),
    );
  });

  it('has one history range an item, oldest first, that do not overlap, with the title inside', () => {
    fc.assert(
      fc.property(anyExample, (example) => {
        const { prompt, history, shown } = renderExample(template, alpaca, example);
        const printed = example.history.flatMap(({ liked }, i) => (liked || name !== 'instructionOnly' ? [i] : []));
        expect(shown).toEqual(printed);
        expect(history.length).toBe(shown.length);
        shown.forEach((position, i) => {
          expect(cut(prompt, history[i] as ByteRange)).toContain(example.history[position]?.item.title);
        });
        const sorted = [...history].sort((a, b) => a[0] - b[0]);
        sorted.forEach(([begin], i) => {
          expect(begin).toBeGreaterThanOrEqual(sorted[i - 1]?.[1] ?? 0);
        });
      }),
    );
  });

  it('has a value range around everything that comes from the log, and nothing else', () => {
    fc.assert(
      fc.property(anyExample, (example) => {
        const { prompt, values } = renderExample(template, alpaca, example);
        values.forEach(([begin, end], i) => {
          expect(begin).toBeGreaterThanOrEqual(values[i - 1]?.[1] ?? 0);
          expect(end).toBeGreaterThan(begin);
        });
        const items = [...example.history.map(({ item }) => item), example.target];
        const known = new Set(items.flatMap((item) => Object.values(item)));
        for (const range of values) expect(known).toContain(cut(prompt, range));
        // What is left is the template's own text: it does not change when every title does.
        const plain = (item: ItemText): ItemText => ({ ...item, title: 'x', author: 'x' });
        const masked = renderExample(template, alpaca, {
          ...example,
          history: example.history.map(({ item, liked }) => ({ item: plain(item), liked })),
          target: plain(example.target),
        });
        expect(without(prompt, values)).toBe(without(masked.prompt, masked.values));
        expect(values.length).toBe(masked.values.length);
      }),
    );
  });
});

describe('rendering', () => {
  const example = (history: [string, boolean][], target: string, label = true): ShownExample => ({
    history: history.map(([title, liked]) => ({ item: { title, author: `by ${title}` }, liked })),
    target: { title: target, author: `by ${target}` },
    label,
  });

  it.each(HARD_TITLES)('prints the title %j as it stands, and never reads it as template or mark', (title) => {
    const { input, prompt, values } = renderExample(templates.movie, alpaca, example([[title, true]], title));
    expect(input).toBe(
      `User Preference: "${title}"\nUser Unpreference: \nWhether the user will like the target movie "${title}"?`,
    );
    expect(values.map((range) => cut(prompt, range))).toEqual([title, title]);
  });

  it('joins titles by comma and space, in order, and prints nothing for an empty list', () => {
    const { input } = renderExample(
      templates.movie,
      alpaca,
      example(
        [
          ['A', false],
          ['B', true],
          ['C', false],
        ],
        'D',
      ),
    );
    expect(input).toBe(
      'User Preference: "B"\nUser Unpreference: "A", "C"\nWhether the user will like the target movie "D"?',
    );
  });

  it('writes books with their author, the target in quotes twice', () => {
    const { input, answer } = renderExample(
      templates.book,
      alpaca,
      example(
        [
          ['A', true],
          ['B', true],
        ],
        'C',
        false,
      ),
    );
    expect(input).toBe(
      'User Preference: "A" written by by A, "B" written by by B\nUser Unpreference: \n' +
        'Whether the user will like the target book ""C" written by by C"?',
    );
    expect(answer).toBe('No.');
  });

  it('does not know the answer before the model gives it', () => {
    fc.assert(
      fc.property(anyExample, (any) => {
        const [yes, no] = [true, false].map((label) => renderExample(templates.movie, alpaca, { ...any, label }));
        expect(yes?.prompt).toBe(no?.prompt);
        expect([yes?.answer, no?.answer]).toEqual(['Yes.', 'No.']);
      }),
    );
  });

  it('leaves no private-use mark of its own in a prompt', () => {
    fc.assert(
      fc.property(anyExample, (any) => {
        const ours = /[\ue000-\ue002]/.test(JSON.stringify(any));
        fc.pre(!ours);
        expect(renderExample(templates.lines, alpaca, any).prompt).not.toMatch(/[\ue000-\ue002]/);
      }),
    );
  });
});

describe('the alpaca wrapper', () => {
  const example: ShownExample = { history: [], target: { title: 'T', author: 'A' }, label: true };

  it.each([
    { noqaComment: false, comment: '' },
    { noqaComment: true, comment: '  # noqa: E501' },
  ])(
    'is the published text with an input, noqaComment $noqaComment, and ends after "### Response:"',
    ({ noqaComment, comment }) => {
      const wrapper = loadWrapper({ kind: 'alpaca', noqaComment });
      const { prompt, instruction, input } = renderExample(templates.movie, wrapper, example);
      expect(prompt).toBe(
        'Below is an instruction that describes a task, paired with an input that provides further context. ' +
          `Write a response that appropriately completes the request.${comment}\n\n### Instruction:\n${instruction}\n\n` +
          `### Input:\n${input}\n\n### Response:\n`,
      );
      const short = renderExample(templates.instructionOnly, wrapper, example);
      expect(short.prompt).toBe(
        'Below is an instruction that describes a task. ' +
          `Write a response that appropriately completes the request.${comment}\n\n### Instruction:\n: T\n\n### Response:\n`,
      );
      expect(short.input).toBe('');
    },
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportVersion } from '../../../src/builders/export/export-version.js';
import { EXPORT_FORMATS, type ExportFormat } from '../../../src/builders/export/formats.js';
import { type Instruction, SPLITS, type Split } from '../../../src/core/instruction.js';
import { instruction, NOW, temporaryFolder, temporaryStore, version } from '../../store/fixtures.js';
import { readParquet } from './parquet-reader.js';

interface Read {
  prompt: string;
  answer: string;
  origin: Record<string, unknown>; // all that the file says beside them
}

const ALPACA =
  'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that ' +
  'appropriately completes the request.\n\n### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n';
const ALPACA_WITHOUT_INPUT =
  'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
  '### Instruction:\n{instruction}\n\n### Response:\n';

/** Stanford Alpaca's train.py: PROMPT_DICT, and prompt_no_input for an empty input. */
function alpacaPrompt({ instruction, input }: Record<string, string>): string {
  const form = input === '' ? ALPACA_WITHOUT_INPUT : ALPACA;
  return form.replace('{instruction}', () => instruction ?? '').replace('{input}', () => input ?? '');
}

const lines = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
const jsonLines = (text: string) => lines(text).map((line) => JSON.parse(line));

/** What a program that knows only the format's own definition reads of a split. */
const READERS: Record<ExportFormat, (file: (ending: string) => Buffer) => Read[]> = {
  tallrec: (file) => READERS.alpaca(file),
  alpaca: (file) =>
    JSON.parse(file('json').toString()).map(({ instruction, input, output, ...origin }: Record<string, string>) => {
      return { prompt: alpacaPrompt({ instruction, input } as Record<string, string>), answer: output, origin };
    }),
  sharegpt: (file) =>
    JSON.parse(file('json').toString()).map(({ conversations, ...origin }: { conversations: object[] }) => {
      expect(conversations.map((turn) => Object.keys(turn))).toEqual([
        ['from', 'value'],
        ['from', 'value'],
      ]);
      const [asked, told] = conversations as { from: string; value: string }[];
      expect([asked?.from, told?.from]).toEqual(['human', 'gpt']);
      return { prompt: asked?.value, answer: told?.value, origin };
    }),
  messages: (file) =>
    jsonLines(file('jsonl').toString()).map(({ messages, ...origin }) => {
      expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant']);
      return { prompt: messages[0].content, answer: messages[1].content, origin };
    }),
  'prompt-completion': (file) =>
    jsonLines(file('jsonl').toString()).map(({ prompt, completion, ...origin }) => {
      return { prompt, answer: completion, origin };
    }),
  p5: (file) => {
    const [source, target] = [lines(file('source').toString()), lines(file('target').toString())];
    expect(source.length).toBe(target.length);
    return source.map((line, index) => ({
      prompt: unescaped(line),
      answer: unescaped(target[index] ?? ''),
      origin: {},
    }));
  },
  parquet: (file) =>
    readParquet(file('parquet')).map(({ prompt, answer, instruction: _i, input: _t, ...origin }) => {
      return { prompt: prompt as string, answer: answer as string, origin };
    }),
};

/** Unit by unit: a backslash says what the unit behind it stands for. */
function unescaped(line: string): string {
  let text = '';
  for (let i = 0; i < line.length; i++) {
    if (line[i] !== '\\') text += line[i];
    else {
      i += 1;
      text += line[i] === 'n' ? '\n' : line[i] === 'r' ? '\r' : line[i];
    }
  }
  return text;
}

const HAS_ORIGINS: readonly ExportFormat[] = ['alpaca', 'sharegpt', 'messages', 'prompt-completion', 'parquet'];

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('\n', '\r', '\\', 'n', '"', '\t', '\u2028', '😀', '$&') }),
);
const anyParts = fc.record({
  instruction: anyText,
  input: anyText,
  answer: anyText,
  label: fc.option(fc.boolean()),
  userId: fc.string({ unit: 'grapheme', minLength: 1 }),
});

/** Rows in Alpaca's wrapper, some with answers of their own. */
function rowsOf(split: Split, parts: readonly Partial<Instruction>[]): Instruction[] {
  return parts.map((part, row) => {
    const { instruction: asked = '', input = '' } = part;
    const prompt = alpacaPrompt({ instruction: asked, input });
    const own = row % 2 === 0 ? { choices: ['a', part.answer ?? ''], scored: 'likelihood' as const } : {};
    return instruction(row, { ...part, ...own, split, prompt, templateId: `t${row % 3}` });
  });
}

describe.each([...EXPORT_FORMATS])('a version exported as %s', (format) => {
  it('gives prompt and answer of every row, and where it comes from, to an independent reader', () => {
    const { store } = temporaryStore();
    let made = 0;
    const splits = fc.tuple(fc.array(anyParts, { minLength: 1, maxLength: 8 }), fc.array(anyParts, { maxLength: 3 }));
    fc.assert(
      fc.property(splits, fc.boolean(), ([train, test], origins) => {
        const rows = { train: rowsOf('train', train), valid: [], test: rowsOf('test', test) };
        made += 1;
        const kept = version(made.toString(16).padStart(8, '0'));
        store.versions.save(kept, [...rows.train, ...rows.test], NOW);
        const out = join(temporaryFolder(), 'out');
        exportVersion(store, kept, { format, out, origins });
        for (const split of SPLITS) {
          const read = READERS[format]((ending) => readFileSync(join(out, `${split}.${ending}`)));
          expect(read).toEqual(
            rows[split].map(({ prompt, answer, row, userId, itemId, label, templateId }) => ({
              prompt,
              answer,
              origin:
                origins && HAS_ORIGINS.includes(format)
                  ? { split, row, user: userId, item: itemId, label, template: templateId }
                  : {},
            })),
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { InstructionLine } from '../../src/core/instruction.js';
import type { ProbeForm } from '../../src/core/probe-form.js';
import { writeSealed } from '../../src/platform/files.js';
import { type AskedModel, askForms } from '../../src/trainers/ask-forms.js';
import { temporaryFolder } from '../store/fixtures.js';
import { fakeNative } from './fake-native.js';

/** Says of each choice how long it is, an adapter ten more; of two labels their difference. Dies before a row when the prompt asks for it. */
const ANSWERS = `
const rows = fs.readFileSync(config.data, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
start();
say({ event: 'precision', asked: config.precision, chosen: 'f32', difference: null, tolerance: null });
for (const { row, prompt, labels, choices } of rows) {
  if (config.skip.includes(row)) continue;
  if (prompt === 'die' && !fs.existsSync(__filename + '.died')) {
    fs.writeFileSync(__filename + '.died', '');
    process.kill(process.pid, 'SIGKILL');
  }
  const more = config.adapter ? 10 : 0;
  if (labels && labels.length === 2) say({ event: 'score', row, logOdds: labels[0].length - labels[1].length + more, labelMass: 0.5 });
  else say({ event: 'score', row, choices: (labels ?? choices).map((text) => ({ sum: -text.length - more, tokens: 1, first: -1 })) });
}
done();
`;

function line(row: number, change: Partial<InstructionLine>): InstructionLine {
  return { row, user: 'u', item: 'i', label: null, prompt: 'p', answer: 'a', values: [], history: [], ...change };
}

const BY = { id: 'some', hash: 'a hash' };

const FORMS: ProbeForm[] = [
  { row: 7, variant: 0, places: null, line: line(7, { label: true, labels: ['Yes', 'No'] }), by: BY },
  {
    row: 7,
    variant: 1,
    places: null,
    line: line(7, { label: true, prompt: 'die', labels: ['accepted', 'not'] }),
    by: BY,
  },
  { row: 9, variant: 0, places: [2, 0, 1], line: line(9, { choices: ['a', 'bb', 'ccc'] }), by: BY },
  { row: 11, variant: 0, places: [1, 0], line: line(11, { labels: ['aaa', 'b'] }), by: BY },
];

function asking(): { model: AskedModel; studio: string } {
  const studio = temporaryFolder();
  const [model, adapter] = [join(studio, 'model.gguf'), join(studio, 'adapter.gguf')];
  writeSealed(model, 'model');
  writeSealed(adapter, 'adapter');
  const settings = { maxLength: 0, sharePrefixes: true, device: 'cpu', precision: 'f32', merged: null } as const;
  return { studio, model: { ...settings, model, adapter } };
}

const EXPECTED = {
  answers: [
    { row: 7, variant: 0, places: null, adapter: [11], base: [1] },
    { row: 7, variant: 1, places: null, adapter: [15], base: [5] },
    // The row's first candidate stood third in the form.
    { row: 9, variant: 0, places: [2, 0, 1], adapter: [-13, -11, -12], base: [-3, -1, -2] },
    // Of a pair the log-odds say how much likelier the form's first is: the row's second.
    { row: 11, variant: 0, places: [1, 0], adapter: [0, 12], base: [0, 2] },
  ],
  ofBase: [expect.objectContaining({ choices: [{ sum: -2, tokens: 1, first: -1 }] })],
};

it('answers by candidate as the row holds them, and goes on after it was killed, to the same', async () => {
  const calls = fakeNative(ANSWERS);
  const { studio, model } = asking();
  const execution = { studio, now: () => new Date(0) };
  const ask = () => askForms(FORMS, [line(0, { choices: ['xx'] })], model, execution);
  await expect(ask()).rejects.toThrow('killed');
  expect(await ask()).toEqual(EXPECTED);
  const scored = calls().map(({ config }) => [config.adapter === null ? 'base' : 'adapter', config.skip]);
  expect(scored).toEqual([
    ['base', []],
    ['base', [0]], // what was told before it died
    ['adapter', []],
  ]);
  const left = readdirSync(join(studio, 'scoring'));
  expect(left).toEqual([]);
});

it('asks nothing when there is nothing to ask', async () => {
  const calls = fakeNative(ANSWERS);
  const { studio, model } = asking();
  expect(await askForms([], [], model, { studio, now: () => new Date(0) })).toEqual({ answers: [], ofBase: [] });
  expect(calls()).toEqual([]);
  expect(existsSync(join(studio, 'scoring'))).toBe(false);
});

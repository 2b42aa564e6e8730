import { expect, it } from 'vitest';
import type { Budget } from '../../src/cli/render-budget.js';
import type { DatasetVersion } from '../../src/core/dataset-version.js';
import { sha256File, writeSealed } from '../../src/platform/files.js';
import { proveMask } from '../../src/trainers/prove-mask.js';
import { keepSource, NOW, source } from '../store/fixtures.js';
import { smallStudio } from './small-studio.js';

interface Shown {
  instruction: { prompt: string; answer: string };
  lines: { line: number; role: string; title: string; rating: number }[];
  tokens?: {
    row: {
      pieces: [number, string, number | null][];
      specials: number[];
      loss: [number, number];
      cut: [number, number][];
    };
  };
}

it('a row is shown token by token: its loss decodes to the answer and the end token', async () => {
  const { json, model } = await smallStudio();
  const { instruction, tokens } = (await json('show', 'small/train/3', '--tokens', '--model', model)) as Shown;
  const { pieces, loss, specials } = tokens?.row ?? { pieces: [], loss: [0, 0], specials: [] };
  const textOf = (from: number, to: number) =>
    pieces
      .slice(from, to)
      .map(([, text]) => text)
      .join('');
  expect(textOf(loss[0], loss[1])).toBe(`${instruction.answer}</s>`);
  expect(loss[1]).toBe(pieces.length);
  expect(textOf(0, loss[0])).toBe(`<s>${instruction.prompt}`);
  expect(specials).toEqual([0, pieces.length - 1]);
});

it('history that a limit cuts is shown where it stood, and the rest reads on without it', async () => {
  const { json, rectune, model } = await smallStudio();
  const whole = (await json('show', 'small/train/3', '--tokens', '--model', model)) as Shown;
  const limit = String((whole.tokens?.row.pieces.length ?? 0) - 1);
  const flags = ['--tokens', '--model', model, '--max-length', limit];
  const { tokens, instruction } = (await json('show', 'small/train/3', ...flags)) as Shown;
  expect(tokens?.row.cut).toEqual([[6, 11]]);
  const { stdout } = await rectune('show', 'small/train/3', ...flags);
  const [, shown = ''] = stdout.split('history that was cut-}\n\n');
  expect(shown).toContain('{-"A", -}');
  expect(shown).toContain('[<</s>>]');
  const withoutMarks = shown
    .replaceAll(/\{-.*?-\}/g, '')
    .replaceAll(/<<(\/?s)>>/g, '')
    .replaceAll(/[[\]|]/g, '')
    .trim();
  expect(withoutMarks).toBe(`${instruction.prompt.replace('"A", ', '')}${instruction.answer}`.trim());
});

it('a row is shown with the lines of the log that it came from, the target last', async () => {
  const { json, store } = await smallStudio();
  const at = (logIndex: number, rating: number) => ({
    ...{ userId: 'u1', itemId: `i${logIndex}`, rating, timestamp: 60 * logIndex, logIndex, attributes: {} },
  });
  const items = [1, 2, 6].map((n) => ({ itemId: `i${n}`, title: `Title ${n}`, attributes: {} }));
  keepSource(store, source('log'), {
    items,
    users: [{ userId: 'u1', attributes: {} }],
    interactions: [at(1, 5), at(2, 2), at(6, 4)],
  });
  const { lines } = (await json('show', 'small/train/3')) as Shown;
  expect(lines.map(({ line, role, title, rating }) => [line, role, title, rating])).toEqual([
    [1, 'history', 'Title 1', 5],
    [2, 'history', 'Title 2', 2],
    [6, 'target', 'Title 6', 4],
  ]);
});

it('a row that there is not, and tokens without a model, are refused', async () => {
  const { rectune } = await smallStudio();
  expect((await rectune('show', 'small/train/99')).stderr).toContain('there is no row 99 in train');
  expect((await rectune('show', 'small')).stderr).toContain('names no row');
  expect((await rectune('show', 'small/train/0', '--tokens')).stderr).toContain('--tokens without a model');
});

it('a mask is proved once for a version, a model and a limit', async () => {
  const { studio, store, model } = await smallStudio();
  const version = store.versions.list()[0] as DatasetVersion;
  const asked = { studio, version, model, maxLength: 1024, threads: 1, now: () => NOW };
  const first = await proveMask(store, asked);
  expect(first).toMatchObject({ rows: 48, reused: false });
  expect(await proveMask(store, asked)).toEqual({ ...first, reused: true });
  expect((await proveMask(store, { ...asked, maxLength: 200 })).reused).toBe(false);
});

it('a proof that fails names the rows, and is not remembered', async () => {
  const tooLong = { prompt: `${'a'.repeat(500)}\nAnswer:`, history: [] };
  const { studio, store, model } = await smallStudio((row) => (row === 7 ? tooLong : {}));
  const version = store.versions.list()[0] as DatasetVersion;
  const asked = { studio, version, model, maxLength: 256, threads: 1, now: () => NOW };
  for (const _ of [1, 2]) {
    const proof = proveMask(store, asked);
    await expect(proof).rejects.toThrow('1 row of version small');
    await expect(proof).rejects.toMatchObject({
      kind: 'data',
      where: expect.stringMatching(/^train\/7: .*without any history/),
    });
  }
});

it('a budget tells the tokens that a run then reads', async () => {
  const { json, model, store, train } = await smallStudio();
  const budget = (await json('budget', 'small', '--model', model, '--epochs', '2')) as Budget;
  const run = await train();
  const data = store.runs.events(run).find(({ event }) => event === 'data');
  expect(budget.run).toMatchObject({ tokens: 2 * ((data as { tokens: number }).tokens ?? 0), rows: 48, epochs: 2 });
  expect(budget.run.lossTokens).toBe(2 * ((data as { lossTokens: number }).lossTokens ?? 0));
  expect(budget.problems).toEqual([]);
  expect(budget.histogram.reduce((sum, { rows }) => sum + rows, 0)).toBe(48);
});

it('a budget names rows that do not fit, and counts those that lose history', async () => {
  const { json, rectune, model } = await smallStudio((row) =>
    row === 5 ? { prompt: `${'a'.repeat(120)}\nAnswer:`, history: [] } : {},
  );
  const whole = (await json('budget', 'small', '--model', model)) as Budget;
  const limit = (whole.splits.train.quantiles.p50 ?? 0) - 1;
  const { splits } = (await json('budget', 'small', '--model', model, '--max-length', String(limit))) as Budget;
  expect(splits.train.unfit.map(({ row }) => row)).toEqual([5]);
  expect(splits.train.shortened).toBeGreaterThan(0);
  expect(splits.train.shortened).toBe(Object.values(splits.train.droppedItems).reduce((sum, rows) => sum + rows, 0));
  const { stdout } = await rectune('budget', 'small', '--model', model, '--max-length', String(limit), '--rows');
  expect(stdout).toContain('train/5 (');
  expect(stdout.split('\n').filter((line) => /^(train|valid|test)\/\d+ /.test(line))).toHaveLength(48);
});

it('curation takes the rows that a limit would shorten or refuse, and those with too few tokens, as the budget counts them', async () => {
  const { json, store, model, path } = await smallStudio((row) =>
    row % 5 === 0 ? { prompt: `${'a'.repeat(40 + row)}\nAnswer:`, history: [] } : {},
  );
  type Row = { split: string; row: number; length: number | null; droppedHistory: number };
  const counted = async (limit: number): Promise<Row[]> => {
    const flags = ['--model', model, '--max-length', String(limit), '--rows'];
    const { rows } = (await json('budget', 'small', ...flags)) as { rows: Row[] };
    return rows.filter(({ split }) => split === 'train');
  };
  const whole = ({ length, droppedHistory }: Row): boolean => length !== null && droppedHistory === 0;
  const lengths = (await counted(256)).map(({ length }) => length ?? 0).toSorted((a, b) => a - b);
  const limit = lengths[18] as number;
  writeSealed(path('steps.yaml'), `steps:\n  - long-prompts: { tokens: ${limit}, model: ./model.gguf }\n`);
  const long = (await json('curate', 'small', '--steps', path('steps.yaml'), '--name', 'long')) as DatasetVersion;
  const short = ['--step', `short-prompts: {tokens: ${limit}}`, '--model', model, '--name', 'short'];
  const few = (await json('curate', 'small', ...short)) as DatasetVersion;
  const left = ({ hash }: DatasetVersion) =>
    [...store.versions.instructions(hash, 'train')].map(({ parentRow }) => parentRow);
  const rowsOf = (rows: Row[]) => rows.map(({ row }) => row);
  expect(left(long)).toEqual(rowsOf((await counted(limit)).filter(whole)));
  expect(left(few)).toEqual(rowsOf((await counted(limit - 1)).filter((row) => !whole(row))));
  for (const { length } of [left(long), left(few)]) expect(length > 3 && length < 21).toBe(true);
  expect(long.curation?.steps[0]?.settings).toEqual({
    kind: 'long-prompts',
    tokens: limit,
    modelSha256: await sha256File(model),
    splits: ['train'],
  });
  expect(long.curation?.steps[0]?.example?.why).toMatch(
    /^the row has \d+ tokens with its own answer, and does not fit/,
  );
});

it('a step that counts tokens says so when no model is named', async () => {
  const { rectune } = await smallStudio();
  const { code, stderr } = await rectune('curate', 'small', '--step', 'long-prompts: {tokens: 100}');
  expect(code).toBe(2);
  expect(stderr).toContain('long-prompts counts the tokens of a model, and none is named');
  expect(stderr).toContain('many-characters counts characters');
  const none = await rectune('curate', 'small', '--step', 'long-prompts', '--model', 'none.gguf');
  expect(none.code).toBe(3);
  expect(none.stderr).toContain('none.gguf');
});

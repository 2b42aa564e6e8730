import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { ReportOptions } from '../../src/core/report.js';
import { renderJson } from '../../src/eval/report/json.js';
import { makeReport } from '../../src/eval/report.js';
import { reportRun } from '../../src/eval/report-run.js';
import { storedReport } from '../../src/eval/stored-report.js';
import { temporaryFolder } from '../store/fixtures.js';
import { inventedRun, inventInput, type World } from './fixtures.js';
import { ALL, type Kept, storeWith } from './kept-run.js';

/** The invented run in a store, and what its report is made from. */
function kept(names: readonly Kept[] = ALL, world: World = {}, run = inventedRun) {
  const input = inventInput(world);
  return { store: storeWith(input, names, run), input };
}

const now = () => new Date('2026-11-24T02:00:00Z');
const options = ReportOptions.parse({ resamples: 200 });

async function errorOf(promise: Promise<unknown>): Promise<RectuneError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof RectuneError)) throw new Error(`a RectuneError was expected, not ${String(thrown)}`);
  return thrown;
}

describe('reportRun', () => {
  it('makes the same report from the store as makeReport from the parts', async () => {
    const { store, input } = kept();
    const studio = temporaryFolder();
    const report = await reportRun(store, inventedRun.id, { studio, now, options });
    const program = report.program;
    expect(program).toMatch(/^\d+\.\d+\.\d+/);
    expect(report).toEqual(makeReport({ ...input, program }));
  });

  it('is read back from the store, and asked for where there is none or one of another format', async () => {
    const { store } = kept();
    expect(() => storedReport(store, inventedRun.id)).toThrow('has no report');
    const report = await reportRun(store, inventedRun.id, { studio: temporaryFolder(), now, options });
    expect(storedReport(store, inventedRun.id)).toEqual(report);
    const [stored] = store.reports.list();
    if (!stored) throw new Error('a report was kept');
    store.reports.save({ ...stored, json: JSON.stringify({ ...report, format: 1 }) });
    expect(() => storedReport(store, inventedRun.id)).toThrow('of another version of this program');
  });

  it('takes no predictions that were made under another length limit', async () => {
    const { store, input } = kept();
    const shorter = { ...input.test.base.set, id: 'other', maxLength: 64 };
    const wrong = input.test.base.predictions.map((one) => ({ ...one, logOdds: -(one.logOdds as number) }));
    store.predictions.save(shorter, wrong, now());
    const report = await reportRun(store, inventedRun.id, { studio: temporaryFolder(), now, options });
    expect(report).toEqual(makeReport({ ...input, program: report.program }));
  });

  it('writes its whole files into the studio and keeps the report in the store', async () => {
    const { store } = kept();
    const studio = temporaryFolder();
    const report = await reportRun(store, inventedRun.id, { studio, now, options });
    const directory = join(studio, 'reports', inventedRun.id);
    expect(readdirSync(directory).sort()).toEqual([
      'report.html',
      'report.json',
      'report.md',
      'report.tex',
      'rows.html',
      'rows.jsonl',
    ]);
    const json = readFileSync(join(directory, 'report.json'), 'utf8');
    expect(json).toBe(renderJson(report));
    expect(store.reports.list()).toEqual([
      expect.objectContaining({ runId: inventedRun.id, json, directory, madeAt: '2026-11-24T02:00:00.000Z' }),
    ]);
  });

  it('gives the same bytes when it is made again at the same time', async () => {
    const { store } = kept();
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    for (const directory of [first, second]) {
      await reportRun(store, inventedRun.id, { studio: temporaryFolder(), directory, now, options });
    }
    for (const name of readdirSync(first)) {
      expect(readFileSync(join(second, name), 'utf8')).toBe(readFileSync(join(first, name), 'utf8'));
    }
    expect(store.reports.list()).toHaveLength(1);
  });

  it('leaves other files of the folder alone', async () => {
    const { store } = kept();
    const directory = temporaryFolder();
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    await reportRun(store, inventedRun.id, { studio: temporaryFolder(), directory, now, options });
    expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('needs no predictions on valid when the version has no validation rows', async () => {
    const { store } = kept(['test adapter', 'test base'], { validRows: false });
    const report = await reportRun(store, inventedRun.id, { studio: temporaryFolder(), now, options });
    expect(report.splits.map(({ split }) => split)).toEqual(['test']);
  });

  it.each([
    { missing: 'test adapter', what: 'run "tiny-bbbbbbbb" has no predictions on test', split: 'test' },
    { missing: 'valid adapter', what: 'run "tiny-bbbbbbbb" has no predictions on valid', split: 'valid' },
    { missing: 'test base', what: 'the base model of run "tiny-bbbbbbbb" has no predictions on test', split: 'test' },
    {
      missing: 'valid base',
      what: 'the base model of run "tiny-bbbbbbbb" has no predictions on valid',
      split: 'valid',
    },
  ])('without predictions of $missing says which command makes them', async ({ missing, what, split }) => {
    const { store } = kept(ALL.filter((name) => name !== missing));
    const studio = temporaryFolder();
    const error = await errorOf(reportRun(store, inventedRun.id, { studio, now, options }));
    expect(error).toMatchObject({
      kind: 'usage',
      message: what,
      fix: `run \`rectune predict tiny-bbbbbbbb --split ${split}\` first`,
    });
    expect(readdirSync(studio)).toEqual([]); // nothing half-made
  });

  it('suggests the run that was meant', async () => {
    const { store } = kept();
    const error = await errorOf(reportRun(store, 'tiny-bbbbbbbc', { studio: temporaryFolder(), now, options }));
    expect(error).toMatchObject({
      kind: 'usage',
      message: 'there is no run "tiny-bbbbbbbc"',
      fix: 'did you mean "tiny-bbbbbbbb"?',
    });
  });

  it('refuses a run that has no adapter yet', async () => {
    const { store } = kept(ALL, {}, { ...inventedRun, status: 'stopped', adapterHash: null });
    const error = await errorOf(reportRun(store, inventedRun.id, { studio: temporaryFolder(), now, options }));
    expect(error.message).toBe('run "tiny-bbbbbbbb" has no adapter yet (it is stopped)');
  });
});

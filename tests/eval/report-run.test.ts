import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import type { Instruction } from '../../src/core/instruction.js';
import { ReportOptions } from '../../src/core/report.js';
import { renderJson } from '../../src/eval/report/json.js';
import { makeReport, type ReportInput } from '../../src/eval/report.js';
import { reportRun } from '../../src/eval/report-run.js';
import type { Store } from '../../src/store/store.js';
import { keepSource, source, temporaryFolder, temporaryStore } from '../store/fixtures.js';
import { inventedRun, inventInput, type World } from './fixtures.js';

type Kept = 'test adapter' | 'test base' | 'valid adapter' | 'valid base';
const ALL: readonly Kept[] = ['test adapter', 'test base', 'valid adapter', 'valid base'];

/** A store with an invented run in it, and the predictions that are named. */
function storeWith(kept: readonly Kept[], world: World = {}, run = inventedRun): { store: Store; input: ReportInput } {
  const { store } = temporaryStore();
  const input = inventInput(world);
  const { version, train, valid, test, events, madeAt } = input;
  keepSource(store, source(version.sourceId));
  const rows = [
    ...(train as Instruction[]),
    ...((valid?.instructions ?? []) as Instruction[]),
    ...(test.instructions as Instruction[]),
  ];
  store.versions.save(version, rows, madeAt);
  store.runs.save(run);
  store.runs.appendEvents(run.id, events);
  for (const [name, scored] of Object.entries({
    'test adapter': test.adapter,
    'test base': test.base,
    'valid adapter': valid?.adapter,
    'valid base': valid?.base,
  })) {
    if (scored && kept.includes(name as Kept)) store.predictions.save(scored.set, scored.predictions, madeAt);
  }
  return { store, input };
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
    const { store, input } = storeWith(ALL);
    const studio = temporaryFolder();
    const report = await reportRun(store, inventedRun.id, { studio, now, options });
    const program = report.program;
    expect(program).toMatch(/^\d+\.\d+\.\d+/);
    expect(report).toEqual(makeReport({ ...input, program }));
  });

  it('takes no predictions that were made under another length limit', async () => {
    const { store, input } = storeWith(ALL);
    const shorter = { ...input.test.base.set, id: 'other', maxLength: 64 };
    const wrong = input.test.base.predictions.map((one) => ({ ...one, logOdds: -(one.logOdds as number) }));
    store.predictions.save(shorter, wrong, now());
    const report = await reportRun(store, inventedRun.id, { studio: temporaryFolder(), now, options });
    expect(report).toEqual(makeReport({ ...input, program: report.program }));
  });

  it('writes its whole files into the studio and keeps the report in the store', async () => {
    const { store } = storeWith(ALL);
    const studio = temporaryFolder();
    const report = await reportRun(store, inventedRun.id, { studio, now, options });
    const directory = join(studio, 'reports', inventedRun.id);
    expect(readdirSync(directory).sort()).toEqual(['report.html', 'report.json', 'report.md', 'report.tex']);
    const json = readFileSync(join(directory, 'report.json'), 'utf8');
    expect(json).toBe(renderJson(report));
    expect(store.reports.list()).toEqual([
      expect.objectContaining({ runId: inventedRun.id, json, directory, madeAt: '2026-11-24T02:00:00.000Z' }),
    ]);
  });

  it('gives the same bytes when it is made again at the same time', async () => {
    const { store } = storeWith(ALL);
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    for (const directory of [first, second]) {
      await reportRun(store, inventedRun.id, { studio: temporaryFolder(), directory, now, options });
    }
    for (const name of ['report.html', 'report.json', 'report.md']) {
      expect(readFileSync(join(second, name), 'utf8')).toBe(readFileSync(join(first, name), 'utf8'));
    }
    expect(store.reports.list()).toHaveLength(1);
  });

  it('leaves other files of the folder alone', async () => {
    const { store } = storeWith(ALL);
    const directory = temporaryFolder();
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    await reportRun(store, inventedRun.id, { studio: temporaryFolder(), directory, now, options });
    expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('needs no predictions on valid when the version has no validation rows', async () => {
    const { store } = storeWith(['test adapter', 'test base'], { validRows: false });
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
    const { store } = storeWith(ALL.filter((name) => name !== missing));
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
    const { store } = storeWith(ALL);
    const error = await errorOf(reportRun(store, 'tiny-bbbbbbbc', { studio: temporaryFolder(), now, options }));
    expect(error).toMatchObject({
      kind: 'usage',
      message: 'there is no run "tiny-bbbbbbbc"',
      fix: 'did you mean "tiny-bbbbbbbb"?',
    });
  });

  it('refuses a run that has no adapter yet', async () => {
    const { store } = storeWith(ALL, {}, { ...inventedRun, status: 'stopped', adapterHash: null });
    const error = await errorOf(reportRun(store, inventedRun.id, { studio: temporaryFolder(), now, options }));
    expect(error.message).toBe('run "tiny-bbbbbbbb" has no adapter yet (it is stopped)');
  });
});

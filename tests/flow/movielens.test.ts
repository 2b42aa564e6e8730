import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelId, Report } from '../../src/core/report.js';
import { RunEvent } from '../../src/core/run-event.js';

const ROOT = resolve(import.meta.dirname, '../..');
const SHARED = resolve(ROOT, process.env.RECTUNE_SHARED ?? '../shared');
const LOG = join(SHARED, 'data/ml-100k');
const MODEL = join(SHARED, 'models/stories260K/stories260K.gguf');
const ABSENT = !existsSync(LOG) || !existsSync(MODEL);

const RUN = [
  'run',
  'recipes/tallrec-movie.yaml',
  '--log',
  LOG,
  '--model',
  MODEL,
  '--out',
  'report',
  '--probes',
  'none',
  '--id-models',
  'item-knn,ease',
];

/** Runs the command line as a user does, in a folder of its own. */
async function rectune(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa('node', [join(ROOT, 'dist/cli/main.js'), ...args], { cwd: folder });
  return stdout;
}

describe.skipIf(ABSENT)('MovieLens 100K with stories260K (skipped without ../shared)', () => {
  let folder: string;
  let report: Report;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rectune-flow-'));
    await rectune(folder, ...RUN);
    report = Report.parse(JSON.parse(readFileSync(join(folder, 'report/report.json'), 'utf8')));
  }, 420_000); // under a minute on two quiet cores; a busy machine is no failure
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const test = () => {
    const split = report.splits.find(({ split }) => split === 'test');
    if (!split) throw new Error('the report has no test split');
    return split;
  };
  const aucOf = (model: ModelId) => test().models.find((entry) => entry.model === model)?.metrics.auc;

  it('goes from the log to a report on 1,000 test rows of 16 users', () => {
    expect(test().rows).toBe(1000);
    expect(test().users).toBe(16);
    for (const file of ['report.html', 'report.md']) expect(existsSync(join(folder, 'report', file))).toBe(true);
  });

  it('gives the liked share the AUC that is known for it, with an interval by users', () => {
    expect(aucOf('liked-share')?.value).toBeCloseTo(0.726, 3);
    expect(aucOf('liked-share')?.low).toBeLessThan(0.67);
    expect(aucOf('liked-share')?.high).toBeGreaterThan(0.77);
  });

  it('fits neighbours and EASE on all of train and on the few rows of the run, each at the AUC that is known for it', () => {
    expect(aucOf('item-knn-full')?.value).toBeCloseTo(0.705, 3);
    expect(aucOf('ease-full')?.value).toBeCloseTo(0.694, 3);
    expect(report.idModels.best.map(({ model }) => model)[0]).toBe('item-knn-full');
    expect(aucOf('item-knn-shots')?.value).toBeLessThan(0.65);
  });

  it('scores the adapter apart from the base model, and says that a model of toddler stories beats nothing', () => {
    expect(aucOf('adapter')?.value).not.toBe(aucOf('base')?.value);
    expect(['worse', 'undecided']).toContain(report.verdicts[0]?.finding);
    expect(report.verdicts[0]?.sentence).toMatch(/does not beat|is worse than/);
  });

  it('does only what is missing when the command is given again', async () => {
    const again = await rectune(folder, ...RUN, '--json');
    expect(JSON.parse(again)).toMatchObject({ run: report.run.id, report: { run: { status: 'done' } } });
  });

  it('scores any model and file into JSON lines', async () => {
    const command = ['predict', '--data', 'tallrec-movie', '--split', 'test', '--model', MODEL, '--out', 'test.jsonl'];
    await rectune(folder, ...command);
    const lines = readFileSync(join(folder, 'test.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(1000);
    expect(Object.keys(JSON.parse(lines[0] as string))).toEqual(['row', 'user', 'item', 'label', 'logOdds', 'choices']);
  });

  it('streams run events, and a run with the same settings is the same run', async () => {
    const command = ['train', 'tallrec-movie', '--model', MODEL, '--shots', '16', '--steps', '2', '--threads', '1'];
    const events = (await rectune(folder, ...command, '--json'))
      .trim()
      .split('\n')
      .map((line) => RunEvent.parse(JSON.parse(line)));
    expect(events[0]?.event).toBe('start');
    expect(events.filter(({ event }) => event === 'step')).toHaveLength(2);
    expect(events.at(-1)?.event).toBe('done');
    expect(await rectune(folder, ...command)).toContain('done');
  });
});

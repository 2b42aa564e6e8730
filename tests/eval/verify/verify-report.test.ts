import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVerified, renderVerification } from '../../../src/cli/render-verification.js';
import { RectuneError } from '../../../src/core/errors.js';
import { ReportOptions } from '../../../src/core/report.js';
import type { ReportInput } from '../../../src/eval/report.js';
import { reportRun } from '../../../src/eval/report-run.js';
import type { KeptProbe } from '../../../src/eval/trust/kept-probes.js';
import { DESCRIPTIONS, verifyReport, verifyValues } from '../../../src/eval/verify/verify-report.js';
import { studioLayout } from '../../../src/platform/studio.js';
import type { Store } from '../../../src/store/store.js';
import { temporaryFolder } from '../../store/fixtures.js';
import { inventedRun, inventInput } from '../fixtures.js';
import { inventFit, keptFit, writeFit } from '../invented-fits.js';
import { storeWith } from '../kept-run.js';
import { inventMixed } from '../mixed-fixtures.js';
import { inventProbes, keepProbes } from '../trust/invented-probes.js';

const options = ReportOptions.parse({ resamples: 100 });
const now = () => new Date('2026-11-24T02:00:00Z');

/** Path of a report that was just made, and its value. */
async function reported(
  store: Store,
  probes: readonly KeptProbe[] = [],
): Promise<{ folder: string; file: string; report: unknown }> {
  const folder = temporaryFolder();
  keepProbes(folder, probes);
  await reportRun(store, inventedRun.id, { studio: folder, directory: folder, now, options });
  const file = join(folder, 'report.json');
  return { folder, file, report: JSON.parse(readFileSync(file, 'utf8')) };
}

type Path = readonly (string | number)[];

/** Every number, text, truth value and null of a JSON tree, by its path. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function at(tree: unknown, path: Path): unknown {
  return path.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], tree);
}

function altered(tree: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(tree);
  (at(copy, path.slice(0, -1)) as Record<string | number, unknown>)[path.at(-1) as string] = value;
  return copy;
}

/** The differing values that are found; "refused" when the file is not even read as a report of this studio. */
function found(store: Store, file: string, report: unknown): string[] | 'refused' {
  writeFileSync(file, JSON.stringify(report));
  try {
    return verifyValues(store, dirname(file), file).differences.map(({ figure }) => figure);
  } catch (error) {
    if (error instanceof RectuneError) return 'refused';
    throw error;
  }
}

const small = { users: 8, rowsPerUser: 6 };
const probed = (input: ReportInput): ReportInput => ({ ...input, probes: inventProbes(input, { rows: 80 }) });
const WORLDS = [
  { about: 'judgements', input: () => inventInput(small) },
  { about: 'mixed tasks', input: () => inventMixed({ users: 6 }, small) },
  { about: 'probed judgements', input: () => probed(inventInput(small)) },
  { about: 'probed tasks', input: () => probed(inventMixed({ users: 6 }, small)) },
];

describe.each(WORLDS)('verify of a report on $about', ({ input }) => {
  it('finds nothing to say of the report as it was made, and knows the files beside it', async () => {
    const store = storeWith(input());
    const { folder, file, report } = await reported(store, input().probes);
    const verification = await verifyReport(store, folder, folder);
    expect(verification).toMatchObject({ report: file, run: inventedRun.id, differences: [] });
    expect(verification.compared).toBe(leaves(report).length - DESCRIPTIONS.length);
    expect(verification.files.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'report.html same',
      'report.md same',
      'report.tex same',
      'rows.jsonl same',
      'rows.html same',
    ]);
  });

  it('finds every number that was altered, wherever it stands and however little', async () => {
    const store = storeWith(input());
    const { file, report } = await reported(store, input().probes);
    const numbers = leaves(report).filter((path) => typeof at(report, path) === 'number' && path[0] !== 'options');
    expect(numbers.length).toBeGreaterThan(500);
    const change = fc.constantFrom<(value: number) => number>(
      (value) => value + 1,
      (value) => -value - 1,
      (value) => (value === 0 ? Number.MIN_VALUE : value * (1 + Number.EPSILON)), // the next number
      (value) => value * 0.5 + 0.25,
    );
    fc.assert(
      fc.property(fc.constantFrom(...numbers), change, (path, alter) => {
        const value = at(report, path) as number;
        const other = alter(value);
        fc.pre(other !== value);
        const differing = found(store, file, altered(report, path, other));
        if (differing === 'refused') return; // no count is a fraction, no format but this one
        expect(differing).toHaveLength(1);
        expect(differing[0]?.replace(/\[.*?\]/g, '')).toBe(path.filter((key) => typeof key === 'string').join('.')); // a key may hold a dot
      }),
      { numRuns: 25 },
    );
  });

  it('finds every text, truth value and null that was altered, but the plain descriptions', async () => {
    const store = storeWith(input());
    const { file, report } = await reported(store, input().probes);
    const others = leaves(report).filter((path) => typeof at(report, path) !== 'number');
    fc.assert(
      fc.property(fc.constantFrom(...others), fc.constantFrom('other', true, 7), (path, value) => {
        fc.pre(at(report, path) !== value);
        const differing = found(store, file, altered(report, path, value));
        const told = (DESCRIPTIONS as readonly unknown[]).includes(path[0]);
        if (differing !== 'refused') expect(differing.length > 0).toBe(!told);
      }),
      { numRuns: 30 },
    );
  });
});

describe('verify', () => {
  let store: Store;
  let made: Awaited<ReturnType<typeof reported>>;
  const fresh = async () => {
    store = storeWith(inventInput(small));
    made = await reported(store);
  };

  it.each([
    { key: 'resamples', value: 150 },
    { key: 'bootstrapSeed', value: 2 },
    { key: 'level', value: 0.9 },
  ])('finds that intervals do not come from another $key', async ({ key, value }) => {
    await fresh();
    const differing = found(store, made.file, altered(made.report, ['options', key], value));
    expect(differing).toContain('splits[test].models[adapter].metrics.auc.low');
  });

  it('finds predictions that were exchanged since, by their figures and by their hash', async () => {
    await fresh();
    const { set, predictions } = inventInput(small).test.adapter;
    const [first, ...rest] = predictions;
    store.predictions.save(set, [{ ...(first as (typeof predictions)[number]), logOdds: 9 }, ...rest], now());
    const { differences } = await verifyReport(store, made.folder, made.file);
    const figures = differences.map(({ figure }) => figure);
    expect(figures).toContain('splits[test].models[adapter].metrics.logLoss.value');
    expect(figures).toContain('serving.predictions[test adapter].sha256');
  });

  it('finds a probe whose answers were changed since, or are gone, by figures and hash', async () => {
    const input = probed(inventInput(small));
    store = storeWith(input);
    made = await reported(store, input.probes);
    const path = studioLayout.probe(made.folder, inventedRun.id, 'probe-history');
    const kept = JSON.parse(readFileSync(path, 'utf8'));
    kept.answers[0].adapter[0] += 3;
    writeFileSync(path, JSON.stringify(kept));
    const changed = (await verifyReport(store, made.folder, made.file)).differences.map(({ figure }) => figure);
    expect(changed).toContain('trust.probes[history].sha256');
    expect(changed.some((figure) => figure.startsWith('trust.forms[judgement judgement auc history'))).toBe(true);
    writeFileSync(path, 'no answers');
    const gone = (await verifyReport(store, made.folder, made.file)).differences;
    expect(gone).toContainEqual({ figure: 'trust.probes[history].file', said: 'probe-history', derived: null });
  });

  it('derives from the predictions that the report names, where newer ones are there', async () => {
    await fresh();
    const { set, predictions } = inventInput(small).test.adapter;
    const newer = predictions.map((one) => ({ ...one, logOdds: 1 }));
    store.predictions.save({ ...set, id: 'newer', labelMass: 0.5 }, newer, now());
    expect((await verifyReport(store, made.folder, made.file)).differences).toEqual([]);
  });

  it('finds a fit that was changed or is gone since, by name, and every figure that came from it', async () => {
    const input = inventInput(small);
    const fit = keptFit(inventFit(input, { model: 'sasrec', seeds: 2 }));
    store = storeWith(input);
    const folder = temporaryFolder();
    const path = writeFit(folder, fit);
    await reportRun(store, inventedRun.id, { studio: folder, directory: folder, now, options });
    const verified = () => verifyReport(store, folder, folder);
    const same = await verified();
    expect(same).toMatchObject({
      differences: [],
      fits: [{ model: 'SASRec (all of train), judgement', state: 'same' }],
    });
    expect(isVerified(same)).toBe(true);
    const other = inventFit(input, { model: 'sasrec', seeds: 2, skill: 2 });
    writeFit(folder, keptFit(other, fit.file));
    const changed = await verified();
    expect(changed.fits).toMatchObject([{ state: 'differs', file: `fits/${other.versionHash}/${fit.file}.json` }]);
    expect(changed.differences.map(({ figure }) => figure)).toEqual(
      expect.arrayContaining([
        'idModels.fits[judgement auc sasrec-full].sha256',
        'splits[test].models[sasrec-full].metrics.auc.value',
        'idModels.spread[sasrec-full].values[1]',
      ]),
    );
    expect(isVerified(changed)).toBe(false);
    expect(renderVerification(changed)).toContain('is not the fit that the report was made from');
    writeFileSync(path, 'not JSON');
    expect((await verified()).fits).toMatchObject([{ state: 'differs' }]);
    rmSync(path);
    const gone = await verified();
    expect(gone.fits).toMatchObject([{ state: 'missing' }]);
    expect(isVerified(gone)).toBe(false);
    expect(renderVerification(gone)).toContain(
      `SASRec (all of train), judgement: fits/${other.versionHash}/${fit.file}.json is gone`,
    );
  });

  it('takes the fit that the report names, where another was made since', async () => {
    const input = inventInput(small);
    store = storeWith(input);
    const folder = temporaryFolder();
    writeFit(folder, keptFit(inventFit(input)));
    await reportRun(store, inventedRun.id, { studio: folder, directory: folder, now, options });
    writeFit(folder, keptFit(inventFit(input, { seeds: 3, skill: 2 }), 'newer'));
    expect((await verifyReport(store, folder, folder)).differences).toEqual([]);
  });

  it('finds a page, a table or a row that was altered beside the report', async () => {
    await fresh();
    for (const name of ['report.html', 'report.tex', 'rows.jsonl', 'rows.html']) {
      const path = join(made.folder, name);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/0\.(\d)/, '0.9$1'));
    }
    const verification = await verifyReport(store, made.folder, made.file);
    expect(verification.files.map(({ state }) => state)).toEqual(['differs', 'same', 'differs', 'differs', 'differs']);
    expect(renderVerification(verification)).toMatch(
      /^NOT verified: [\d,]+ values of .* come out of the predictions of run .*, but a file beside it is not as it was\n {2}report\.html beside it/,
    );
  });

  it.each([
    {
      case: 'an older format',
      change: { format: 2 },
      message: /format 2, made by rectune .*reads format 10/,
      fix: /rectune report tiny-bbbbbbbb/,
    },
    { case: 'a newer format', change: { format: 99 }, message: /format 99/, fix: /newer one/ },
    { case: 'another file', change: { run: 7 }, message: /no report of rectune/, fix: /report\.json/ },
    { case: 'a value of another kind', change: { warnings: 7 }, message: /./, fix: /./ },
  ])('refuses $case and says what to do', async ({ change, message, fix }) => {
    await fresh();
    writeFileSync(made.file, JSON.stringify({ ...(made.report as object), ...change }));
    const error = await verifyReport(store, made.folder, made.file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RectuneError);
    expect(error).toMatchObject({
      kind: 'data',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    });
  });
});

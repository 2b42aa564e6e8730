import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listFolder, writeSealed } from '../../src/platform/files.js';
import { temporaryFolder } from '../store/fixtures.js';
import { type Call, FITS, fakeNative, inSeries, SCORES, START, TRAINS } from '../trainers/fake-native.js';
import { adapterGguf } from '../trainers/invented-adapter.js';
import { invoke } from './invoke.js';

const SOURCE = `
id: invented
title: An invented log
terms: free
interactions:
  file: log.csv
  delimiter: ","
  header: true
  columns: { user: user, item: item, rating: rating, timestamp: time }
  timestampUnit: seconds
items:
  file: items.csv
  delimiter: ","
  header: true
  columns: { item: item, title: title }
`;

const RECIPE = `
name: tiny-movie
source: invented
twins: count
label: { kind: rating-above, threshold: 3 }
examples: { kind: sliding-window, order: { kind: time }, history: 3 }
split: { kind: row-order, sizes: { unit: parts, train: 8, valid: 1, test: 1 } }
template: tallrec/movie
wrapper: { kind: alpaca }
train: { shots: 16, epochs: 2, learningRate: 0.001, adapter: start.gguf }
`;

/** A folder with a log of 20 users and 8 interactions each (one row is broken), a recipe, a model and a start adapter. */
function invented() {
  const folder = temporaryFolder();
  const rows = Array.from({ length: 160 }, (_, i) => `u${i % 20},i${(i * 7) % 23},${((i * 3) % 5) + 1},${1000 + i}`);
  const items = Array.from({ length: 23 }, (_, i) => `i${i},Title ${i}`);
  writeSealed(join(folder, 'log', 'log.csv'), ['user,item,rating,time', ...rows, 'u1,i1,many,5', ''].join('\n'));
  writeSealed(join(folder, 'log', 'items.csv'), ['item,title', ...items, ''].join('\n'));
  writeSealed(join(folder, 'log', 'source.yaml'), SOURCE);
  writeSealed(join(folder, 'recipe.yaml'), RECIPE);
  writeSealed(join(folder, 'model.gguf'), 'GGUF, a model');
  writeSealed(join(folder, 'start.gguf'), adapterGguf());
  const studio = join(folder, 'studio');
  const argv = [
    'run',
    join(folder, 'recipe.yaml'),
    '--log',
    join(folder, 'log'),
    '--model',
    join(folder, 'model.gguf'),
  ];
  return { folder, studio, argv: [...argv, '--studio', studio, '--probes', 'none', '--id-models', 'none'] };
}

let calls: () => Call[];

beforeEach(() => {
  calls = fakeNative(`if (verb !== 'score') { ${inSeries(TRAINS)} } else { ${SCORES} }`);
});
afterEach(() => vi.unstubAllEnvs());

it('goes from the log to the report, and shows what it did', async () => {
  const { argv, studio } = invented();
  const { code, stdout, stderr } = await invoke(argv);
  expect(stderr).toContain('import: invented, 160 interactions of 20 users, 1 rows rejected');
  expect(code).toBe(0);
  expect(stdout).toContain('report of run tiny-movie-');
  const value = JSON.parse((await invoke([...argv, '--json'])).stdout);
  const reports = JSON.parse((await invoke(['list', 'reports', '--studio', studio, '--json'])).stdout);
  expect(reports.reports[0]).toMatchObject({ runId: value.run, directory: value.directory });
  expect(existsSync(join(value.directory, 'report.html'))).toBe(true);
  expect(JSON.parse(readFileSync(join(value.directory, 'report.json'), 'utf8'))).toMatchObject({
    run: { id: value.run },
  });
  const verified = await invoke(['verify', value.run, '--studio', studio]);
  expect([verified.code, verified.stdout.startsWith('verified: ')]).toEqual([0, true]);
});

it('refuses a model that it cannot train before it reads the log', async () => {
  const { argv, folder, studio } = invented();
  const native = join(folder, 'native');
  const said = [START, { event: 'error', code: 3, what: 'architecture "bert" is not supported', where: 'm', fix: 'x' }];
  const lines = said.map((event) => `console.log(${JSON.stringify(JSON.stringify(event))});`).join('\n');
  writeFileSync(native, `#!${process.execPath}\n${lines}\nprocess.exitCode = 3;\n`, { mode: 0o755 });
  vi.stubEnv('RECTUNE_NATIVE', native);
  const { code, stderr } = await invoke(argv);
  expect(code).toBe(3);
  expect(stderr).toContain('architecture "bert" is not supported');
  expect(existsSync(studio)).toBe(false);
});

it('does only what is missing when it is asked again', async () => {
  const { argv } = invented();
  await invoke(argv);
  expect(calls().map(({ verb }) => verb)).toEqual(['train', 'score', 'score', 'score', 'score']); // adapter and base, valid and test
  const again = await invoke(argv);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('in the store already');
  expect(again.stderr).toContain('is done already');
  expect(calls()).toHaveLength(5);
});

const FITS_TOO = `if (verb === 'fit') { ${FITS} } else if (verb !== 'score') { ${inSeries(TRAINS)} } else { ${SCORES} }`;

it("fits the ID models that are asked for on all of train and on the run's rows, once for all runs, and reports on them", async () => {
  calls = fakeNative(FITS_TOO);
  const { argv, studio } = invented();
  const fits = () => calls().filter(({ verb }) => verb === 'fit');
  const asked = [...argv.slice(0, -1), 'pop,bpr'];
  const { code, stderr, stdout } = await invoke([...asked, '--json']);
  expect(code).toBe(0);
  expect(stderr).toContain('fit: 2 models of users and items on all of train');
  expect(stderr).toContain("fit: 2 models of users and items on the run's 16 rows");
  expect(fits()).toHaveLength(2 * (1 + 6 + 2)); // of each protocol: one pass, six trials, two more seeds
  const { report } = JSON.parse(stdout);
  const models = ['pop-full', 'bpr-full', 'pop-shots', 'bpr-shots'];
  expect(report.idModels.fits.map(({ model }: { model: string }) => model)).toEqual(models);
  const page = readFileSync(join(studio, 'reports', report.run.id, 'report.md'), 'utf8');
  expect(page).toContain("BPR (the run's 16 rows)");
  const again = await invoke(asked);
  expect(again.stderr).toContain('fit: 2 results as fitted before');
  await invoke([...asked, '--seed', '2']); // another run on the version: other rows, the same train
  expect(fits()).toHaveLength(3 * (1 + 6 + 2));
});

it('gives a run its report where a model cannot be fitted, and says so', async () => {
  calls = fakeNative(
    FITS_TOO.replace(
      'start();',
      "if (config.model === 'ease') { say({ event: 'error', code: 3, what: 'too little', where: 'i', fix: 'f' }); process.exit(3); } start();",
    ),
  );
  const { argv } = invented();
  const { code, stderr, stdout } = await invoke([...argv.slice(0, -1), 'ease,pop', '--json']);
  expect(code).toBe(0);
  expect(stderr).toContain('fit: ease is left out: too little');
  const { report } = JSON.parse(stdout);
  expect(report.idModels.fits.map(({ model }: { model: string }) => model)).toEqual(['pop-full', 'pop-shots']);
});

it('stops between fits without leaving anything half done, and goes on with the same command', async () => {
  calls = fakeNative(FITS_TOO);
  const { argv, studio } = invented();
  const asked = [...argv.slice(0, -1), 'pop,bpr'];
  const controller = new AbortController();
  const stopped = await invoke(asked, {
    stoppable: (task) => task(controller.signal),
    onStderr: (text) => {
      if (text.includes('fit: pop')) controller.abort();
    },
  });
  expect(stopped.code).toBe(130);
  const [version = ''] = listFolder(join(studio, 'fits'));
  expect(listFolder(join(studio, 'fits', version)).filter((name) => !name.endsWith('.json'))).toEqual([]);
  expect(listFolder(join(studio, 'reports'))).toEqual([]);
  expect((await invoke(asked)).code).toBe(0);
});

it('refuses an ID model that there is not before anything is made', async () => {
  const { argv, studio } = invented();
  const { code, stderr } = await invoke([...argv.slice(0, -1), 'pop,svd']);
  expect(code).toBe(2);
  expect(stderr).toContain('there is no model "svd"');
  expect(existsSync(studio)).toBe(false);
});

it('takes the training settings of the recipe, and those of the command line in their place', async () => {
  const { argv, folder } = invented();
  await invoke(argv);
  await invoke([...argv, '--steps', '5', '--seed', '2', '--shots', '4']);
  const [first, second] = calls().filter(({ verb }) => verb === 'train');
  const adapter = join(folder, 'start.gguf'); // as seen from the recipe
  expect(first?.config).toMatchObject({ epochs: 2, steps: null, seed: 1, learningRate: 0.001, batchSize: 8, adapter });
  expect(first?.config).toMatchObject({ rank: 4, alpha: 8 }); // the start adapter's
  expect(first?.config.rows).toHaveLength(16);
  expect(second?.config).toMatchObject({ epochs: null, steps: 5, seed: 2, learningRate: 0.001 });
  expect(second?.config.rows).toHaveLength(4);
});

it('goes on with a training that was stopped', async () => {
  const { argv } = invented();
  calls = fakeNative(`if (verb === 'score') { ${SCORES} } else if (config.resume) { ${TRAINS} } else {
    start(); step(1, 3);
    fs.mkdirSync(path.join(config.runDirectory, 'checkpoints'), { recursive: true });
    fs.writeFileSync(path.join(config.runDirectory, 'checkpoints', 'newest'), '1');
    say({ event: 'stopped', step: 1, checkpoint: 'newest' });
    process.exitCode = 130;
  }`);
  const stopped = await invoke(argv);
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('fix: give the same command again: it does what is not done yet');
  expect((await invoke(argv)).code).toBe(0);
  expect(
    calls()
      .filter(({ verb }) => verb === 'train')
      .map(({ config }) => config.resume),
  ).toEqual([false, true]);
});

it('listens to signals while it imports, trains and predicts, and leaves them their way while it builds and reports', async () => {
  const { argv, studio } = invented();
  const done: string[][] = [];
  const { code } = await invoke(argv, {
    stoppable: async (task) => {
      const files = () => [...listFolder(studio), ...calls().map(({ verb }) => verb)];
      done.push(files());
      const answer = await task(new AbortController().signal);
      done.push(files());
      return answer;
    },
  });
  expect(code).toBe(0);
  expect(done).toHaveLength(8); // before and after: looking at the model; importing; proving the loss mask; training and predicting
  const [, , , imported = [], before = [], , , after = []] = done;
  expect(imported).not.toContain('versions'); // the build is still to come
  expect(before).toContain('versions'); // the build is over
  expect(before).not.toContain('train');
  expect(after.filter((name) => name === 'score')).toHaveLength(4);
  expect(after).not.toContain('reports'); // the report is still to come
});

it('goes no further when a signal came with the last step of the training', async () => {
  const { argv } = invented();
  const controller = new AbortController();
  const { code, stderr } = await invoke(argv, {
    stoppable: (task) => task(controller.signal),
    onStderr: (text) => {
      if (/^train: run .* done$/m.test(text)) controller.abort();
    },
  });
  expect(code).toBe(130);
  expect(stderr).toContain('give the same command again');
  expect(calls().map(({ verb }) => verb)).toEqual(['train']);
});

it('imports what can be read with code 0, and tells how many rows were rejected', async () => {
  const { folder, studio } = invented();
  const argv = ['import', join(folder, 'log'), '--studio', studio];
  const words = await invoke(argv);
  expect(words.code).toBe(0);
  expect(words.stdout).toContain('1 rows could not be used: rectune rejects invented');
  expect(JSON.parse((await invoke([...argv, '--json'])).stdout)).toMatchObject({
    counts: { interactions: 160, rejects: 1 },
  });
  expect((await invoke(['import', '--help'])).stdout.replace(/\s+/g, ' ')).toContain('kept as rejects and counted');
  const rejects = JSON.parse((await invoke(['rejects', 'invented', '--studio', studio, '--json'])).stdout);
  expect(rejects).toMatchObject({
    total: 1,
    reasons: [{ file: 'log.csv', reason: 'rating is not a number', rows: 1 }],
    rejects: [{ line: 162 }],
  });
});

it('reads texts beside a source, lists them, and shows the rows that it did not take', async () => {
  const { folder, studio } = invented();
  await invoke(['import', join(folder, 'log'), '--studio', studio]);
  const file = join(folder, 'texts.jsonl');
  writeFileSync(file, '{"id":"i1","text":"one"}\n{"id":"i2","text":""}\n{"id":"nobody","text":"x"}\n');
  const which = ['--of', 'item', '--as', 'taste', '--studio', studio];
  const words = await invoke(['texts', 'invented', file, ...which]);
  expect(words.code).toBe(0);
  expect(words.stdout).toMatch(
    /^texts taste of invented: 1 of its \d+ items\n {2}2 rows were not taken, 1 of them empty/,
  );
  const again = JSON.parse((await invoke(['texts', 'invented', file, ...which, '--json'])).stdout);
  const counts = { taken: 1, empty: 1, unknown: 1, rejects: 2 };
  expect(again).toMatchObject({ sourceId: 'invented', of: 'item', name: 'taste', unchanged: true, counts });
  const listed = await invoke(['list', 'texts', '--studio', studio, '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({ total: 1, texts: [{ name: 'taste', hash: again.hash, counts }] });
  const rejects = JSON.parse((await invoke(['rejects', 'invented', ...which, '--limit', '1', '--json'])).stdout);
  expect(rejects).toEqual({
    ...{ source: 'invented', of: 'item', as: 'taste', total: 2 },
    reasons: [
      { reason: 'text is empty', rows: 1 },
      { reason: 'item is not in the source', rows: 1 },
    ],
    rejects: [{ place: 'line 2', reason: 'text is empty', text: '{"id":"i2","text":""}' }],
  });
});

it.each([
  { case: 'without whom the texts are of', more: ['--as', 'taste'], error: /--of is missing/ },
  { case: 'without their name', more: ['--of', 'item'], error: /--as is missing/ },
  { case: 'of texts that are not there', more: ['--of', 'user', '--as', 'x'], error: /has no texts "x" of users/ },
])('refuses to show rejects $case', async ({ more, error }) => {
  const { folder, studio } = invented();
  await invoke(['import', join(folder, 'log'), '--studio', studio]);
  const { code, stderr } = await invoke(['rejects', 'invented', ...more, '--studio', studio]);
  expect(code).toBe(2);
  expect(stderr).toMatch(error);
});

it('refuses a report folder that cannot be one before anything is trained', async () => {
  const { argv, folder } = invented();
  const { code, stderr } = await invoke([...argv, '--out', join(folder, 'model.gguf')]);
  expect(code).toBe(2);
  expect(stderr).toContain('this is a file, not a folder');
  expect(calls()).toEqual([]);
});

it.each([
  { case: 'no model', flag: '--model', value: 'nowhere.gguf', what: 'there is no such file' },
  { case: 'a folder for a model', flag: '--model', value: 'log', what: 'this is a folder, not a file' },
  { case: 'a model that is no GGUF', flag: '--model', value: 'recipe.yaml', what: 'this is not a GGUF file' },
  { case: 'no log', flag: '--log', value: 'nolog', what: 'there is no such folder' },
])('notices $case before it makes anything', async ({ flag, value, what }) => {
  const { argv, folder, studio } = invented();
  const changed = argv.with(argv.indexOf(flag) + 1, join(folder, value));
  const { code, stderr } = await invoke(changed);
  expect(code).toBe(3);
  expect(stderr).toContain(what);
  expect(existsSync(studio)).toBe(false);
});

it('makes no studio for a recipe that is not there, nor for a log that was never imported', async () => {
  const { argv, folder, studio } = invented();
  const model = join(folder, 'model.gguf');
  expect((await invoke(argv.with(1, 'nonexist'))).code).toBe(2);
  const unimported = await invoke(['run', join(folder, 'recipe.yaml'), '--model', model, '--studio', studio]);
  expect(unimported.stderr).toContain('there is no studio here');
  expect((await invoke(['import', join(folder, 'nodir'), '--studio', studio])).code).toBe(3);
  expect(existsSync(studio)).toBe(false);
});

it('asks the probes that are named before the report, and what was asked before is not asked again', async () => {
  const { argv, studio } = invented();
  const probing = argv.with(argv.indexOf('--probes') + 1, 'history,wording');
  const { code, stderr } = await invoke(probing);
  expect(stderr).toContain('probe: 2 probes\n');
  expect(code).toBe(0);
  const [run = ''] = readdirSync(join(studio, 'probes')).filter((name) => !name.endsWith('.lock'));
  const kept = readdirSync(join(studio, 'probes', run));
  expect(kept.length).toBe(2);
  const asked = calls().length;
  expect((await invoke(probing)).stderr).toContain('probe: 2 probes, asked before');
  expect(calls().length).toBe(asked);
  const { stdout } = await invoke(['probe', run, '--only', 'wording', '--studio', studio, '--json']);
  const [told] = JSON.parse(stdout);
  expect([told.probe, told.reused, told.asked, told.eligible]).toEqual(['wording', true, 10, 10]);
  expect(told.answers).toBe(80);
  const again = await invoke(['probe', run, '--only', 'wording', '--seed', '7', '--studio', studio, '--json']);
  expect(JSON.parse(again.stdout)[0].reused).toBe(false);
  expect(readdirSync(join(studio, 'probes', run)).length).toBe(2); // one result a probe
  const inTime = ['probe', run, '--only', 'wording', '--seconds', '60', '--studio', studio, '--json'];
  const first = await invoke(inTime);
  expect(first.stderr).toMatch(/probe: up to 10 rows each, about \d+ s for all that are asked/);
  expect(JSON.parse(first.stdout)[0]).toMatchObject({ reused: false, budget: expect.stringContaining('about 60 s') });
  const before = calls().length;
  expect(JSON.parse((await invoke(inTime)).stdout)[0].reused).toBe(true);
  expect(calls().length).toBe(before); // the pace is not measured again either
});

it('ranks candidates by a judgement about each, reports it, and asks the same but once', async () => {
  const { argv, studio } = invented();
  await invoke(argv);
  const [run = ''] = readdirSync(join(studio, 'runs'));
  const ranking = ['rank', run, '--by', 'judgement', '--negatives', '4', '--studio', studio, '--json'];
  const scorings = () => calls().filter(({ verb }) => verb === 'score').length;
  const before = scorings();
  const { list, judged, reused, entries } = JSON.parse((await invoke(ranking)).stdout);
  expect([list, judged.template, judged.drawn.negatives, reused]).toEqual(['1+4', 'tallrec/movie', 4, false]);
  expect(entries.map(({ model, by }: { model: string; by: string }) => `${model} ${by}`)).toEqual([
    'adapter judgement',
    'base judgement',
  ]);
  expect(scorings()).toBe(before + 2);
  expect(JSON.parse((await invoke(ranking)).stdout).reused).toBe(true);
  expect(scorings()).toBe(before + 2);
  await invoke(['report', run, '--studio', studio]);
  const page = readFileSync(join(studio, 'reports', run, 'report.md'), 'utf8');
  expect(page).toContain('a judgement about each candidate');
  expect(page).toContain('What counts as liked: rating above 3.'); // the rule stands where labels do
  for (const argv of [
    ['show', 'tiny-movie/test/1'],
    ['stats', 'tiny-movie'],
    ['report', run],
  ])
    expect((await invoke([...argv, '--studio', studio])).stdout).toContain('liked: rating above 3');
  const { code, stderr } = await invoke([...ranking, '--set', 'catalogue']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--negatives')]);
});

it('makes the rankings that the recipe asks for before the report, once, and those of the command line in their place', async () => {
  const { argv, folder, studio } = invented();
  const recipe = `${RECIPE}\nevaluate: { rank: { judgement: { negatives: 4, rows: 3 } } }\n`;
  writeSealed(join(folder, 'recipe.yaml'), recipe);
  const { code, stdout, stderr } = await invoke([...argv, '--json']);
  expect(stderr).toContain('rank: a judgement about each candidate, adapter and base model');
  expect(code).toBe(0);
  const { report, run, version } = JSON.parse(stdout);
  const [ranking] = report.rankings;
  expect([report.rankings.length, ranking.list, ranking.rows]).toEqual([1, '1+4', 3]);
  const asked = calls().length;
  expect((await invoke(argv)).stderr).toContain('rank: 3 rows, asked before');
  expect(calls().length).toBe(asked);
  expect(readdirSync(join(studio, 'rankings', run))).toHaveLength(1);
  const without = await invoke([...argv, '--rankings', 'none']);
  expect(without.stderr).not.toContain('rank: ');
  writeSealed(join(folder, 'recipe.yaml'), RECIPE);
  const plain = await invoke([...argv, '--json']);
  expect(JSON.parse(plain.stdout).version).toBe(version); // what is asked of an adapter makes no new version
});

it.each([
  { more: ['--rankings', 'catalogue'], error: 'no row of test is answered by any title of the log' },
  { more: ['--write', '5'], error: 'no row of test is answered by free text' },
])('refuses $more of a version without such rows before anything is trained', async ({ more, error }) => {
  const { argv } = invented();
  const { code, stderr } = await invoke([...argv, ...more]);
  expect(stderr).toContain(error);
  expect(code).toBe(2);
  expect(calls()).toEqual([]);
});

it.each([
  { more: ['--rankings', 'catalog'], error: 'did you mean "catalogue"?' },
  { more: ['--write', 'all'], error: '"all" is no number of rows' },
])('refuses $more before anything is made', async ({ more, error }) => {
  const { argv, studio } = invented();
  const { code, stderr } = await invoke([...argv, ...more]);
  expect([code, existsSync(studio)]).toEqual([2, false]);
  expect(stderr).toContain(error);
});

it('asks no more rows of the probes than fit into the seconds that they may take', async () => {
  const { studio, argv } = invented();
  const probing = [...argv.with(argv.indexOf('--probes') + 1, 'history'), '--probe-seconds', '0.001'];
  expect((await invoke(probing)).code).toBe(0);
  const [run = ''] = readdirSync(join(studio, 'probes')).filter((name) => !name.endsWith('.lock'));
  const [kept = ''] = readdirSync(join(studio, 'probes', run));
  expect(readFileSync(join(studio, 'probes', run, kept), 'utf8')).toContain('take about 0.001 s at the pace');
});

it('names the probes that there are when one is mistyped', async () => {
  const { argv, studio } = invented();
  const { code, stderr } = await invoke(argv.with(argv.indexOf('--probes') + 1, 'wordings'));
  expect([code, existsSync(studio)]).toEqual([2, false]);
  expect(stderr).toContain('did you mean "wording"?');
});

it('says that a log is not the one the recipe reads', async () => {
  const { argv, folder } = invented();
  writeSealed(join(folder, 'log', 'source.yaml'), SOURCE.replace('id: invented', 'id: other'));
  const { code, stderr } = await invoke(argv);
  expect(code).toBe(2);
  expect(stderr).toContain('the recipe reads "invented", but this log is "other"');
});

it('makes one report of several seeds with their spread, and scores the base model once', async () => {
  const { studio, argv } = invented();
  const { code, stdout } = await invoke([...argv, '--seeds', '3,5']);
  expect(code).toBe(0);
  const trained = calls().filter(({ verb }) => verb !== 'score');
  expect(
    trained.map(({ verb, config }) => [verb, (config.runs as { seed: number }[]).map(({ seed }) => seed)]),
  ).toEqual([['series', [3, 5]]]);
  const ofBase = calls().filter(({ verb, config }) => verb === 'score' && config.adapter === null);
  expect(ofBase).toHaveLength(2); // valid and test, once each
  expect(listFolder(join(studio, 'reports'))).toHaveLength(1);
  expect(stdout).toMatch(/16 train rows: AUC on test .* over 2 seeds/);
});

it('trains every number of shots with every seed, and reports on the first seed of the most rows', async () => {
  const { studio, argv } = invented();
  const { code, stdout } = await invoke([...argv, '--seeds', '2', '--shots', '8,all,16', '--json']);
  expect(code).toBe(0);
  const { run, runs, report } = JSON.parse(stdout);
  const settings = calls()
    .filter(({ verb }) => verb === 'series')
    .flatMap(({ config }) => config.runs as { seed: number; rows: number[] | null }[]);
  expect(settings.map(({ seed, rows }) => [seed, rows?.length ?? 'all'])).toEqual([
    [1, 8],
    [2, 8],
    [1, 'all'],
    [2, 'all'],
    [1, 16],
    [2, 16],
  ]);
  expect(runs).toHaveLength(6);
  expect(run).toBe(runs[2]);
  expect(listFolder(join(studio, 'reports'))).toEqual([run]);
  const [judgements] = report.seeds as { runs: { run: string }[] }[];
  expect(new Set(judgements?.runs.map((one) => one.run))).toEqual(new Set(runs));
});

it.each(['0', '8,', '8,8', 'many', '-3'])('refuses --shots %s before anything is made', async (shots) => {
  const { studio, argv } = invented();
  const { code, stderr } = await invoke([...argv, `--shots=${shots}`]);
  expect(code).toBe(2);
  expect(stderr).toContain('--shots');
  expect(existsSync(studio)).toBe(false);
});

it('reports on the seeds that are done when a later one diverges, and ends as that one does', async () => {
  calls = fakeNative(`const diverges = () => {
    start(); step(1, 3);
    say({ event: 'error', code: 5, what: 'the loss is not finite', where: 'd', fix: 'f' }); process.exitCode = 5;
  };
  if (verb === 'score') { ${SCORES} } else { ${inSeries(`if (config.seed === 5) diverges(); else { ${TRAINS} }`)} }`);
  const { studio, argv } = invented();
  const { code, stderr } = await invoke([...argv, '--seeds', '3,5']);
  expect(code).toBe(5);
  expect(stderr).toMatch(/run tiny-movie-[0-9a-f]+: the loss is not finite/);
  expect(listFolder(join(studio, 'reports'))).toHaveLength(1);
});

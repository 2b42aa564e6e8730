import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outside, runCommandLine } from '../../src/cli/command-line.js';
import quickstart from '../../src/cli/commands/quickstart.js';
import { keysOf } from '../../src/cli/keys.js';
import { type QuickstartRequest, type QuickstartResult, runQuickstart } from '../../src/cli/quickstart.js';
import { PROBES, ProbeResult } from '../../src/core/probe.js';
import { Report } from '../../src/core/report.js';
import type { Run } from '../../src/core/run.js';
import { summarizeReport } from '../../src/eval/summary.js';
import { verifyReport } from '../../src/eval/verify/verify-report.js';
import { inventTexts, type TextSettings } from '../../src/sources/simulate/invent-texts.js';
import { inventWorld, TINY_WORLD } from '../../src/sources/simulate/world.js';
import { openStore, type Store } from '../../src/store/store.js';
import { invoke } from '../cli/invoke.js';

const studio = mkdtempSync(join(tmpdir(), 'rectune-quickstart-'));
let store: Store;
afterAll(() => {
  store?.close();
  rmSync(studio, { recursive: true });
});

/** Little text and a short training: all stages, but a base model too weak for a good adapter. */
const stages: string[] = [];
const request: QuickstartRequest = {
  studio,
  threads: 1,
  probes: PROBES,
  program: '0.0.0',
  stoppable: (task) => task(new AbortController().signal),
  now: () => new Date('2025-01-02T03:04:05Z'),
  onStage: (line) => stages.push(line),
  texts: { seed: 1001, logs: 200, facts: 100 },
  train: { epochs: 1, learningRate: 0.005 },
  idModels: ['pop', 'ease', 'bpr'],
};

describe('the quickstart in a small form', () => {
  let first: QuickstartResult;
  beforeAll(async () => {
    store = openStore(join(studio, 'store.db'));
    first = await runQuickstart(store, request);
  }, 400_000); // half a minute on two quiet cores; a busy machine is no failure

  it('ends in a report of three files that says what was measured', () => {
    for (const file of ['report.html', 'report.md', 'report.json', 'report.tex', 'rows.jsonl'])
      expect(existsSync(join(first.directory, file))).toBe(true);
    const report = Report.parse(JSON.parse(readFileSync(join(first.directory, 'report.json'), 'utf8')));
    expect(report).toEqual(first.report);
    const test = report.splits.find(({ split }) => split === 'test');
    expect([test?.rows, test?.users]).toEqual([960, 60]);
    for (const { model, metrics } of test?.models ?? []) {
      const { value, low, high } = metrics.auc as { value: number; low: number; high: number };
      expect(low, model).toBeLessThanOrEqual(value);
      expect(high, model).toBeGreaterThanOrEqual(value);
    }
    expect(report.verdicts.length).toBeGreaterThan(0);
  });

  it('trains an adapter that changes what the base model says', () => {
    expect(first.run.status).toBe('done');
    expect(first.report.serving.largestChange).toBeGreaterThan(0.1);
    const masses = first.report.serving.predictions.filter(({ split }) => split === 'test');
    const [adapter, base] = ['adapter', 'base'].map(
      (model) => masses.find((one) => one.model === model)?.labelMass as number,
    );
    expect(adapter).toBeGreaterThan(10 * (base as number));
    expect(adapter).toBeGreaterThan(0.2); // it learns to answer with Yes or No
  });

  it('knows the best AUC, above everything that was measured', () => {
    const { byPrompt, byTaste } = first.best;
    expect(byPrompt).toBeGreaterThan(0.8);
    expect(byTaste).toBeGreaterThan(byPrompt);
    expect(byTaste).toBeLessThan(0.95);
    const test = first.report.splits.find(({ split }) => split === 'test');
    for (const { metrics } of test?.models ?? []) expect(metrics.auc.value as number).toBeLessThan(byPrompt);
  });

  it('asks in the form that the recipe gives, about invented titles that the base model has not read', () => {
    const titles = inventWorld(TINY_WORLD).items.map(({ title }) => title);
    const read = inventTexts(request.texts as TextSettings, new Set(titles)).world.items.map(({ title }) => title);
    for (const { prompt, answer } of store.versions.instructions(first.version.hash, 'test')) {
      const question =
        /^Read the votes of a user and answer\.\nLog:( [A-Z][\w ]+ [+-][a-z]+){8}\nWill the user like (.+) \([a-z]+\)\?$/;
      const target = question.exec(prompt)?.[2] as string;
      expect(titles).toContain(target);
      expect(read).not.toContain(target);
      expect([' Yes.', ' No.']).toContain(answer);
    }
  });

  it('fits models of users and items to stand beside the adapter, and verifies the report with them', async () => {
    const { idModels } = first.report;
    expect(idModels.fits.map(({ model }) => model)).toEqual(['pop-full', 'ease-full', 'bpr-full']);
    expect(idModels.best).toHaveLength(1);
    expect(idModels.spread.map(({ values }) => values.length)).toEqual([1, 1, 3]);
    expect(first.report.verdicts.map(({ against }) => against)).toContain(idModels.best[0]?.model);
    expect(await verifyReport(store, studio, first.directory)).toMatchObject({ differences: [] });
  });

  it('asks every probe on the same rows, each with its answers', () => {
    const folder = join(studio, 'probes', first.run.id);
    const results = readdirSync(folder).map((name) =>
      ProbeResult.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
    );
    expect(results.map(({ probe }) => probe).sort()).toEqual([...PROBES].sort());
    const served = results.find(({ probe }) => probe === 'serving') as Extract<ProbeResult, { probe: 'serving' }>;
    const rows = served.answers.map(({ row }) => row);
    expect(rows.length).toBeGreaterThanOrEqual(50);
    for (const result of results) {
      if (result.probe === 'completion') {
        expect(result.titles.length).toBeGreaterThanOrEqual(50);
        for (const { endings, sums, tokens } of result.titles)
          expect([sums.length, tokens.length]).toEqual([endings.length, endings.length]);
      } else if (result.probe !== 'serving') {
        expect(result.rows).toEqual(result.probe === 'order' ? [] : rows);
        expect(result.reason).toBe(result.probe === 'order' ? 'no row of test shows a list of candidates' : null);
        const forms = { order: 0, wording: 8, history: 3, titles: 1 }[result.probe];
        expect(result.variants.length).toBe(forms);
        if (result.probe !== 'history') expect(result.answers.length).toBe(forms * result.rows.length);
        expect(result.examples?.length).toBe(forms);
      }
    }
    for (const { probe, texts } of first.report.trust.forms) {
      expect(texts.map(({ form }) => form)).toHaveLength({ order: 0, wording: 9, history: 4, titles: 2 }[probe]);
      expect(new Set(texts.map(({ prompt }) => prompt)).size).toBe(texts.length);
      for (const { prompt, seen, form } of texts) {
        expect(prompt).toMatch(/\w{3}/);
        expect(seen).toBe(probe === 'wording' ? form === 'as it is' : null);
      }
    }
  });

  it('is served by stock llama.cpp with the answers that our scorer gives, as its base model is not quantised', () => {
    const set = store.predictions.of(first.version.hash, 'test').find(({ adapterHash }) => adapterHash !== null);
    const scored = new Map(store.predictions.rows(set?.id ?? '').map(({ row, logOdds }) => [row, logOdds as number]));
    const folder = join(studio, 'probes', first.run.id);
    for (const name of readdirSync(folder)) {
      const result = ProbeResult.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
      if (result.probe !== 'serving') continue;
      for (const { row, scores } of result.answers) expect(scores[0]).toBeCloseTo(scored.get(row) as number, 1);
    }
  });

  it('does nothing twice: a second one finds all there and says the same, and adds texts that answers of before lack', async () => {
    stages.length = 0;
    const folder = join(studio, 'probes', first.run.id);
    const kept = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
    for (const [name, text] of kept) {
      const { examples: _, ...bare } = JSON.parse(text);
      writeFileSync(join(folder, name), JSON.stringify(bare));
    }
    const again = await runQuickstart(store, request);
    expect(again.model).toEqual({ ...first.model, reused: true });
    expect(again.run).toEqual(first.run);
    expect(again.best).toEqual(first.best);
    for (const [name, text] of kept)
      expect(JSON.parse(readFileSync(join(folder, name), 'utf8'))).toEqual(JSON.parse(text));
    expect(summarizeReport(again.report)).toBe(summarizeReport(first.report));
    expect(stages.join('\n')).toContain('is done already');
    expect(stages.join('\n')).toContain('fit: 3 results as fitted before');
  });

  it('says of a run on shuffled labels that nothing was learned', async () => {
    const rectune = async (...argv: string[]) => {
      const { code, stdout, stderr } = await invoke([...argv, '--studio', studio, '--json']);
      if (code !== 0) throw new Error(`rectune ${argv.join(' ')} ended with ${code}: ${stderr}`);
      return stdout;
    };
    await rectune('curate', 'tiny', '--step', 'shuffle-labels', '--name', 'control');
    const settings = '--epochs 1 --learning-rate 0.005 --schedule cosine --threads 1 --eval-every 0';
    const targets = ['--targets', 'attn_q,attn_k,attn_v,attn_output'];
    await rectune('train', 'control', '--model', first.model.path, ...settings.split(' '), ...targets);
    const run = store.runs.list().find(({ versionHash }) => versionHash !== first.version.hash) as Run;
    for (const split of ['test', 'valid']) await rectune('predict', run.id, '--split', split, '--threads', '1');
    const report = Report.parse(JSON.parse(await rectune('report', run.id)).report);
    const [doubt] = report.trust.doubts;
    expect(doubt?.about).toBe('learning');
    expect(doubt?.sentence).toMatch(/^Nothing/);
    expect(summarizeReport(report)).toContain(doubt?.sentence);
    expect(readFileSync(join(studio, 'reports', run.id, 'report.md'), 'utf8')).toContain('Nothing');
  }, 120_000);
});

describe('rectune quickstart', () => {
  it('says in its help that it takes threads and no argument', async () => {
    const written: string[] = [];
    const outside: Outside = {
      stdout: { write: (text) => written.push(text) },
      stderr: { write: (text) => written.push(text) },
      environment: {},
      now: request.now,
      stoppable: (task) => task(new AbortController().signal),
      keys: () => keysOf(Readable.from([])),
    };
    expect(await runCommandLine(['quickstart', '--help'], [quickstart], '0.0.0', outside)).toBe(0);
    expect(written.join('')).toContain('--threads <n>');
    expect(await runCommandLine(['quickstart', '--thread', '2'], [quickstart], '0.0.0', outside)).toBe(2);
    expect(written.join('')).toContain('did you mean --threads');
  });
});

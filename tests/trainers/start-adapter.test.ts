import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import { ADAPTER_SHAPE } from '../../src/core/run-config.js';
import { listFolder, writeSealed } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { adapterShape } from '../../src/trainers/adapter-shape.js';
import { resumeRun, trainRun } from '../../src/trainers/train.js';
import { temporaryFolder } from '../store/fixtures.js';
import { fakeNative, TRAINS } from './fake-native.js';
import { adapterGguf, loraKeys } from './invented-adapter.js';
import { options, testStudio } from './trained-studio.js';

afterEach(() => vi.unstubAllEnvs());

/** What a file alone says of its scaling, beginning and variant. */
const PLAIN = { scaling: 'standard', init: 'random', variant: 'lora' };

function sealed(content: Uint8Array): string {
  const path = join(temporaryFolder(), 'start.gguf');
  writeSealed(path, content);
  return path;
}

describe('the shape of the adapter to train', () => {
  it('is the default when neither a start adapter nor a shape is named', () => {
    expect(adapterShape(options())).toEqual(ADAPTER_SHAPE);
    const given = { rank: 2, layers: 'last:8', scaling: 'rslora', init: 'pissa', variant: 'dora' } as const;
    expect(adapterShape(options(given))).toEqual({ ...ADAPTER_SHAPE, ...given });
  });

  it.each([
    {
      case: 'of four layers',
      rank: 4,
      alpha: 8,
      targets: ['attn_q', 'attn_k', 'attn_v', 'attn_output'],
      layers: '0-0',
    },
    { case: 'of the output head', rank: 1, alpha: 2, targets: ['output'], layers: 'all' },
    { case: 'of blocks in no order', rank: 1, alpha: 2, targets: ['attn_q'], blocks: [12, 9, 10, 11], layers: '9-12' },
    { case: 'with an alpha that 32 bits only come near to', rank: 1, alpha: 0.1, targets: ['attn_q'], layers: '0-0' },
    { case: 'with an alpha of many digits', rank: 600, alpha: Math.fround(1 / 3), targets: ['ffn_up'], layers: '0-0' },
  ])('is that of a start adapter $case', ({ case: _, blocks, ...shape }) => {
    const own = adapterShape(options({ adapter: sealed(adapterGguf({ ...shape, blocks })) }));
    expect({ ...own, alpha: Math.fround(own.alpha) }).toEqual({ ...PLAIN, ...shape, alpha: Math.fround(shape.alpha) });
    expect(String(own.alpha).length).toBeLessThan(12);
  });

  it('has the alpha that scales by 1 when the start adapter names none, as libllama has it', () => {
    const adapter = sealed(adapterGguf({ rank: 6, keys: loraKeys(1).slice(0, 3) }));
    expect(adapterShape(options({ adapter }))).toMatchObject({ rank: 6, alpha: 6 });
  });

  it('names the layers in one order, whatever the order of the file, and keeps those it does not know for native/', () => {
    const adapter = sealed(adapterGguf({ targets: ['output', 'unknown', 'ffn_down', 'attn_v', 'attn_q'] }));
    expect(adapterShape(options({ adapter })).targets).toEqual(['attn_q', 'attn_v', 'ffn_down', 'output', 'unknown']);
  });

  it('is that of a file with magnitudes, and without alpha or with alpha 0 is scaled by 1', () => {
    const adapter = sealed(adapterGguf({ rank: 3, keys: loraKeys(0, 'dora') }));
    expect(adapterShape(options({ adapter }))).toMatchObject({ alpha: 3, variant: 'dora' });
  });

  it('takes rsLoRA over a start adapter as the alpha that the file then has', () => {
    const adapter = sealed(adapterGguf({ rank: 4, alpha: 16 }));
    expect(adapterShape(options({ adapter, alpha: 8, scaling: 'rslora' }))).toMatchObject({
      alpha: 16,
      scaling: 'standard',
    });
    expect(() => adapterShape(options({ adapter, alpha: 16, scaling: 'rslora' }))).toThrow('alpha 16');
    expect(() => adapterShape(options({ adapter, init: 'pissa' }))).toThrow('init pissa');
    expect(() => adapterShape(options({ adapter, variant: 'dora' }))).toThrow('variant dora');
  });

  it('may be given as the start adapter has it', () => {
    const adapter = sealed(adapterGguf({ alpha: 0.1 }));
    const given = { rank: 4, alpha: 0.1, targets: ['attn_v', 'attn_q'], layers: 'first:1' };
    expect(adapterShape(options({ adapter, ...given }))).toEqual({ ...PLAIN, ...given });
  });

  it.each([
    { given: { rank: 8 }, what: 'the start adapter has rank 4, but rank 8 is asked for' },
    {
      given: { rank: 4, alpha: 16, targets: ['attn_q'] },
      what: 'the start adapter has alpha 8 and targets attn_q,attn_v, but alpha 16 and targets attn_q are asked for',
    },
  ])('is refused when the user wants another one: $what', ({ given, what }) => {
    const adapter = sealed(adapterGguf());
    const fix = expect.stringMatching(/^leave out --(rank|alpha, --targets) /);
    expect(() => adapterShape(options({ adapter, ...given }))).toThrow(
      expect.objectContaining({ kind: 'usage', message: what, where: adapter, fix }),
    );
  });

  it.each([
    { case: 'no GGUF', content: Buffer.from('a start'), what: 'this is not a GGUF file' },
    { case: 'a base model', content: adapterGguf({ keys: [] }), what: 'this GGUF is not a LoRA adapter' },
    { case: 'an adapter of alpha -1', content: adapterGguf({ alpha: -1 }), what: 'scale (adapter.lora.alpha) is -1' },
    { case: 'an adapter of nothing', content: adapterGguf({ targets: [] }), what: 'the adapter has no tensors' },
    { case: 'a file cut off', content: adapterGguf().subarray(0, 99), what: 'the GGUF file ends inside its header' },
  ])('is not taken from $case', ({ content, what }) => {
    const refused = { kind: 'data', message: expect.stringContaining(what), fix: expect.stringContaining('LoRA') };
    expect(() => adapterShape(options({ adapter: sealed(content) }))).toThrow(expect.objectContaining(refused));
  });

  it('is read from any bytes without end or crash: a shape or an error for people', () => {
    const whole = adapterGguf();
    const adapter = join(temporaryFolder(), 'start.gguf');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), (place, bytes) => {
        const broken = Buffer.from(whole);
        broken.set(bytes.subarray(0, whole.length - place), place);
        writeSealed(adapter, broken);
        try {
          expect(adapterShape(options({ adapter })).rank).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RectuneError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a run that goes on from a start adapter', () => {
  it('gets its shape in the config, and is the same run when the user names that shape', async () => {
    const calls = fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const adapter = sealed(adapterGguf({ targets: ['attn_v', 'attn_q'] }));
    const request = { ...studio, version: 'invented' };
    const { run } = await trainRun(store, { ...request, options: options({ adapter }) });
    expect(calls()[0]?.config).toMatchObject({ adapter, rank: 4, alpha: 8, targets: ['attn_q', 'attn_v'] });
    const named = { rank: 4, alpha: 8, targets: ['attn_q', 'attn_v'] };
    const again = await trainRun(store, { ...request, options: options({ adapter, ...named }) });
    expect(again).toMatchObject({ run: { id: run.id }, reused: true });
    await expect(trainRun(store, { ...request, options: options({ adapter, rank: 8 }) })).rejects.toMatchObject({
      kind: 'usage',
    });
  });
});

/** Says which start adapter it read before it does what the body says. */
const reads = (body: string) => `fs.copyFileSync(config.adapter, __filename + '.read'); ${body}`;
const FAILS_AFTER_A_STEP = reads(`start(); step(1, 3);
  say({ event: 'error', code: 4, what: 'no memory', where: 'm', fix: 'f' }); process.exitCode = 4;`);
const STOPS_AFTER_A_STEP = reads(`start(); step(1, 3);
  const folder = path.join(config.runDirectory, 'checkpoints');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'newest'), '1');
  say({ event: 'stopped', step: 1, checkpoint: 'newest' });
  process.exitCode = 130;`);

/** A run that broke off, with its start adapter. */
async function brokenOff(body: string) {
  fakeNative(body);
  const { store, version: _, ...studio } = testStudio();
  const original = adapterGguf();
  const adapter = sealed(original);
  await trainRun(store, { ...studio, version: 'invented', options: options({ adapter }) }).catch(() => {});
  const run = store.runs.list()[0]?.id as string;
  const copy = studioLayout.startAdapter(studio.studio, run);
  return { store, studio, original, adapter, run, copy };
}

describe('a run that broke off and had a start adapter', () => {
  const replace = (path: string) => writeSealed(path, adapterGguf({ note: 'another' }));
  it.each([
    { case: 'begins anew', body: FAILS_AFTER_A_STEP, by: 'replaced', harm: replace },
    { case: 'begins anew', body: FAILS_AFTER_A_STEP, by: 'removed', harm: rmSync },
    { case: 'goes on from its checkpoint', body: STOPS_AFTER_A_STEP, by: 'replaced', harm: replace },
    { case: 'goes on from its checkpoint', body: STOPS_AFTER_A_STEP, by: 'removed', harm: rmSync },
  ])('$case with the adapter that it began from when the file was $by', async ({ body, harm }) => {
    const { store, studio, original, adapter, run } = await brokenOff(body);
    harm(adapter);
    const calls = fakeNative(reads(TRAINS));
    const resumed = await resumeRun(store, { ...studio, run });
    expect(resumed.run.status).toBe('done');
    expect(readFileSync(`${process.env.RECTUNE_NATIVE}.read`).equals(original)).toBe(true);
    expect(calls()[0]?.config.resume).toBe(body === STOPS_AFTER_A_STEP);
    expect(store.runs.find(run)?.config.adapter).toBe(adapter); // the name that the report shows
  });

  it.each([
    { by: 'was replaced', harm: replace, what: 'was changed after the run began' },
    { by: 'is gone', harm: rmSync, what: 'is gone' },
  ])(
    'is not begun from another adapter when neither its copy nor the file that $by will do',
    async ({ harm, what }) => {
      const { store, studio, original, adapter, run, copy } = await brokenOff(FAILS_AFTER_A_STEP);
      harm(adapter);
      replace(copy);
      const calls = fakeNative(TRAINS);
      await expect(resumeRun(store, { ...studio, run })).rejects.toMatchObject({
        kind: 'data',
        message: `the start adapter of run ${run} ${what}`,
        where: adapter,
        fix: expect.stringContaining('put the file'),
      });
      expect(calls()).toEqual([]);
      writeSealed(adapter, original); // what the fix says
      expect((await resumeRun(store, { ...studio, run })).run.status).toBe('done');
      expect(readFileSync(copy).equals(original)).toBe(true);
    },
  );

  it('keeps no copy of an adapter that native refuses before its first step, and names the place that the user gave', async () => {
    const refuses = `start(); say({ event: 'error', code: 3, what: 'no', where: config.adapter, fix: 'f' }); process.exitCode = 3;`;
    fakeNative(refuses);
    const { store, version: _, ...studio } = testStudio();
    const adapter = sealed(adapterGguf());
    const request = { ...studio, version: 'invented', options: options({ adapter }) };
    await expect(trainRun(store, request)).rejects.toMatchObject({ kind: 'data', where: adapter });
    expect(listFolder(join(studio.studio, 'runs'))).toEqual([]);
  });
});

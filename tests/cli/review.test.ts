import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keysOf } from '../../src/cli/keys.js';
import { keepVersion, logOf, rowOf } from '../builders/curate/invented-version.js';
import { type InventedStudio, importInvented, inventedStudio } from '../builders/invented-store.js';
import { NOW } from '../store/fixtures.js';
import { invoke } from './invoke.js';

let studio: InventedStudio;
let file: string;
beforeEach(() => {
  studio = inventedStudio();
  importInvented(studio.store, logOf([{}]));
  const text = (i: number) => rowOf({ label: i % 2 === 0, userId: `u${i}` }, ['Text: ', [`number ${i}`]]);
  const rows = [0, 1, 2, 3].map(text);
  keepVersion(studio.store, [...rows, { ...text(8), split: 'valid' }, { ...text(9), split: 'test' }]);
  file = join(studio.studio, 'review.jsonl');
});
afterEach(() => studio.close());

const review = async (keys: string, ...more: string[]) =>
  invoke(['review', 'old', '--file', file, '--studio', studio.studio, ...more], { keys });
const lines = () =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
const said = () => lines().map(({ row, verdict }) => `${row} ${verdict}`);

describe('rectune review', () => {
  it('shows prompt, answer, label and lineage, and appends each verdict as its key is pressed', async () => {
    const { code, stdout } = await review('kd s q');
    expect(code).toBe(0);
    expect(said()).toEqual(['0 keep', '1 drop', '2 skip']);
    expect(stdout).toContain('train row 0: user u0, item i0, liked');
    expect(stdout).toContain('Instruction: Text: number 0');
    expect(stdout).toContain('--- answer: Yes.');
    expect(stdout).toContain('invented line 1');
    expect(stdout).toContain('1 kept, 1 dropped, 1 skipped, 1 left');
  });

  it('goes on where it stopped, wherever that was', async () => {
    await review('k');
    expect(said()).toEqual(['0 keep']); // the keys ended: as if it had been killed
    await review('x?ds');
    expect(said()).toEqual(['0 keep', '1 drop', '2 skip']);
    expect((await review('d')).stdout).toContain('0 kept, 1 dropped, 0 skipped, 0 left');
    expect((await review('d')).stdout).toContain('0 kept, 0 dropped, 0 skipped, 0 left');
    expect(said()).toEqual(['0 keep', '1 drop', '2 skip', '3 drop']);
  });

  it('goes back with b; the later verdict counts', async () => {
    const { stdout } = await review('bkbdq', '--json');
    expect(said()).toEqual(['0 keep', '0 drop']);
    expect(JSON.parse(stdout)).toMatchObject({ keep: 0, drop: 1, skip: 0, left: 3, order: 'row' });
    await invoke(['curate', 'old', '--step', `review: {file: ${JSON.stringify(file)}}`, '--studio', studio.studio]);
    const { hash } = studio.store.versions.find('old-curated') ?? { hash: '' };
    expect([...studio.store.versions.instructions(hash, 'train')].map(({ parentRow }) => parentRow)).toEqual([1, 2, 3]);
  });

  it('asks for the least sure rows first when there are predictions, and lists the most contradicted ones', async () => {
    const { hash: versionHash } = studio.store.versions.find('old') ?? { hash: '' };
    const set = {
      id: 'predicted',
      versionHash,
      split: 'train',
      modelHash: 'm',
      adapterHash: null,
      runId: null,
      maxLength: 0,
      device: 'cpu',
      precision: 'f32',
      labelMass: 1,
    } as const;
    const logOdds = [2, 3, -1, 0.1];
    studio.store.predictions.save(
      set,
      logOdds.map((odds, row) => ({
        row,
        user: 'u',
        item: 'i',
        label: row % 2 === 0,
        logOdds: odds,
        choices: null,
        droppedHistory: 0,
      })),
      NOW,
    );
    await review('kkkk');
    expect(said()).toEqual(['3 keep', '2 keep', '0 keep', '1 keep']);
    expect(lines()[0].note).toBe('labelled not liked, P(liked) 0.525');
    file = join(studio.studio, 'noise.jsonl');
    await review('', '--order', 'noise', '--limit', '2', '--list');
    expect(said()).toEqual(['2 open', '1 open']);
    await review('d', '--order', 'row');
    expect(said()).toEqual(['2 open', '1 open', '2 drop']); // what the file asks for comes first
  });

  it('adds to a file without a last newline, and names the line of a bad one', async () => {
    writeFileSync(file, '{"row":0,"split":"train","verdict":"drop","note":"by hand"}');
    await review('k');
    expect(said()).toEqual(['0 drop', '1 keep']);
    appendFileSync(file, '{"row":4,"split":"train","verdict":"drop"}\n');
    const { code, stderr } = await review('k');
    expect(code).toBe(3);
    expect(stderr).toContain('train of "old" has 4 rows, and this is row 4');
    expect(stderr).toContain('review.jsonl:3');
  });

  it('curate keeps only what is marked keep with only: true, and says what to do without a file', async () => {
    await review('kkd');
    const step = `review: {file: ${JSON.stringify(file)}, only: true}`;
    const { stdout } = await invoke(['curate', 'old', '--step', step, '--json', '--studio', studio.studio]);
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { train: 2 },
      curation: { steps: [{ settings: { only: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } }] },
    });
    const { code, stderr } = await invoke(['curate', 'old', '--step', 'review', '--studio', studio.studio]);
    expect(code).toBe(2);
    expect(stderr).toContain('rectune review old');
  });
});

it('reads keys of a terminal in raw mode, and gives it back as it was', async () => {
  const modes: boolean[] = [];
  const terminal = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
  terminal.write('k\r\nd');
  terminal.write('\u0003s');
  const keys: string[] = [];
  for await (const key of keysOf(terminal)) keys.push(key);
  expect(keys).toEqual(['k', 'd']);
  expect(modes).toEqual([true, false]);
});

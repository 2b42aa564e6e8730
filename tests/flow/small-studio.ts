import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type Instruction,
  type InstructionLine,
  instructionLine,
  SPLITS,
  type Split,
} from '../../src/core/instruction.js';
import { PROTOCOL } from '../../src/core/run-config.js';
import { sha256, writeSealed } from '../../src/platform/files.js';
import { toJsonLines } from '../../src/platform/json-lines.js';
import { runNative } from '../../src/platform/native-program.js';
import { studioLayout } from '../../src/platform/studio.js';
import { openStore, type Store } from '../../src/store/store.js';
import { learnVocabulary } from '../../src/trainers/tiny-model/vocabulary.js';
import { invoke } from '../cli/invoke.js';
import { instruction, NOW, temporaryFolder, version } from '../store/fixtures.js';

const COUNTS = { train: 24, valid: 12, test: 12 };
const USERS = { train: 6, valid: 4, test: 4 };

/** A studio for the real trainer, and its command line: a sealed version "small" and a base model of random weights. A run takes a moment. */
export interface SmallStudio {
  studio: string;
  store: Store;
  model: string;
  /** Runs a command in this studio and answers what it printed with --json; throws when it fails. */
  json(...argv: string[]): Promise<unknown>;
  /** The same for people. */
  rectune(...argv: string[]): ReturnType<typeof invoke>;
  /** Trains with these options over three steps, and answers the run's id. */
  train(...argv: string[]): Promise<string>;
  path(name: string): string;
}

/** change  what a row of train is instead */
export async function smallStudio(change: (row: number) => Partial<Instruction> = () => ({})): Promise<SmallStudio> {
  const studio = temporaryFolder();
  const store = openStore(studioLayout.store(studio));
  onTestFinished(() => store.close());
  const rows = SPLITS.flatMap((split) =>
    Array.from({ length: COUNTS[split] }, (_, row) => ({
      ...question(split, row),
      ...(split === 'train' ? change(row) : {}),
    })),
  );
  const linesOf = (split: Split): InstructionLine[] =>
    rows.filter((row) => row.split === split).map((row) => instructionLine(row, { ownAnswers: false }));
  const textOf = (split: Split) => [...toJsonLines(linesOf(split))].join('');
  const files = { train: sha256(textOf('train')), valid: sha256(textOf('valid')), test: sha256(textOf('test')) };
  const liked = { train: 12, valid: 6, test: 6 };
  const labels: [string, string] = ['Yes.', 'No.'];
  const sealed = version('5a11', { name: 'small', labels, counts: { ...COUNTS, users: USERS, liked }, files });
  for (const split of SPLITS) writeSealed(studioLayout.instructions(studio, sealed.hash, split), textOf(split));
  store.versions.save(sealed, rows, NOW);
  const model = join(studio, 'model.gguf');
  await makeModel(model, 1);
  const rectune = (...argv: string[]) => invoke([...argv, '--studio', studio]);
  const json = async (...argv: string[]) => {
    const { code, stdout, stderr } = await rectune(...argv, '--json');
    if (code !== 0) throw new Error(`rectune ${argv.join(' ')} ended with ${code}: ${stderr}`);
    return argv[0] === 'train' ? stdout : JSON.parse(stdout);
  };
  const train = async (...argv: string[]) => {
    const known = new Set(store.runs.list().map(({ id }) => id));
    await json(
      'train',
      'small',
      '--model',
      model,
      '--steps',
      '3',
      '--learning-rate',
      '0.02',
      '--threads',
      '1',
      ...argv,
    );
    const run = store.runs.list().find(({ id }) => !known.has(id));
    if (!run) throw new Error('no new run was trained');
    return run.id;
  };
  return { studio, store, model, json, rectune, train, path: (name) => join(studio, name) };
}

/** Whether the row is liked shows in its prompt; a long history, so that a prefix is shared. */
function question(split: Split, row: number) {
  const label = row % 2 === 0;
  const prompt = `Seen: "A", "B" ${label ? 'good' : 'poor'} ${row}\nAnswer:`;
  const userId = `u${row % USERS[split]}`;
  return instruction(row, {
    split,
    label,
    userId,
    prompt,
    answer: label ? 'Yes.' : 'No.',
    values: [],
    history: [[6, 11]],
  });
}

/** A llama model of two blocks with random weights. */
export async function makeModel(output: string, seed: number, change: object = {}): Promise<void> {
  const { tokens, bos, eos } = learnVocabulary(['Seen: "A", "B" good poor Answer: Yes. No.'], 320);
  const shape = { blocks: 2, width: 32, feedForward: 48, heads: 4, headsKv: 2, headWidth: 8, contextLength: 256 };
  const constants = { ropeBase: 10_000, rmsEpsilon: 1e-5 };
  const config = { protocol: PROTOCOL, output, architecture: 'llama', seed, ...shape, ...constants, tokens, bos, eos };
  for await (const _ of runNative('init', { ...config, ...change })); // it says nothing that counts here
}

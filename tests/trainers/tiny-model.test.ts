import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { getLlama, type Llama, type LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/run-event.js';
import { inventTexts } from '../../src/sources/simulate/invent-texts.js';
import { makeTinyModel } from '../../src/trainers/tiny-model/make-tiny-model.js';
import { TINY_MODEL } from '../../src/trainers/tiny-model/settings.js';
import { learnVocabulary, type Vocabulary } from '../../src/trainers/tiny-model/vocabulary.js';

const folder = mkdtempSync(join(tmpdir(), 'rectune-tiny-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { texts } = inventTexts({ seed: 5, logs: 60, facts: 20 }, new Set());
const settings = { ...TINY_MODEL, vocabulary: 600, blocks: 1, width: 16, heads: 2, feedForward: 32, epochs: 8 };
const request = { settings, texts, wording: ['Will the user like it? Yes.'], threads: 1 };

/** The pieces that were learned or seen as single characters, the best first. */
const normal = ({ tokens }: Vocabulary) => tokens.filter(({ kind }) => kind === 'normal').map(({ text }) => text);

describe('learnVocabulary', () => {
  it('merges the most frequent pair first, as worked out by hand', () => {
    // ab stands there 6 times; then ab+c and ▁+ab 3 times each, and the letter comes first; then ▁+ab is left twice, ▁+abc once.
    expect(normal(learnVocabulary(['ab ab', 'x ab abc', 'abc', 'abc'], 1000))).toEqual([
      'ab',
      'abc',
      '▁ab',
      'a',
      'b',
      'c',
      'x',
      '▁',
    ]);
  });

  it('breaks ties by the order of the letters, so that the order of the texts does not count', () => {
    expect(learnVocabulary(['dc dc', 'ab ab'], 300)).toEqual(learnVocabulary(['ab ab', 'dc dc'], 300));
  });

  it('holds no piece across a space or a newline, no piece twice, and no more than it may', () => {
    const { tokens, bos, eos } = learnVocabulary(texts, 500);
    expect(tokens.length).toBe(500);
    expect(new Set(tokens.map(({ text }) => text)).size).toBe(500);
    for (const piece of normal({ tokens, bos, eos })) expect(piece).toMatch(/^▁?[^▁\n]*$/u);
    expect([bos, eos].map((id) => tokens[id]?.text)).toEqual(['<s>', '</s>']);
  });

  it('makes one piece of each word that is frequent enough', () => {
    const pieces = normal(learnVocabulary(texts, 1024));
    expect(pieces).toEqual(expect.arrayContaining(['▁+western', '▁-western', '▁(western)?', 'Log:', '▁of']));
  });

  it('refuses a size that bytes and letters alone exceed', () => {
    expect(() => learnVocabulary(texts, 280)).toThrow(RangeError);
  });
});

describe('the vocabulary in libllama', () => {
  const vocabulary = learnVocabulary([...texts, ...request.wording], settings.vocabulary);
  let llama: Llama;
  let model: LlamaModel;
  beforeAll(async () => {
    const { path } = await makeTinyModel({ ...request, texts: texts.slice(0, 8), folder });
    llama = await getLlama({ gpu: false, build: 'never', progressLogs: false });
    model = await llama.loadModel({ modelPath: path, vocabOnly: true });
  }, 60_000);
  afterAll(() => llama?.dispose());

  it.each(texts.slice(0, 5))('spells text %# as it stands', (text) => {
    expect(model.detokenize(model.tokenize(text))).toBe(text);
  });

  it('spells any text as it stands, known letters or not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.oneof(fc.constantFrom('western', ' +', '\n', 'Log:', ' '), fc.string()) }),
        (text) => {
          fc.pre(!/<\/?s>|<unk>|<0x|▁|\0/.test(text)); // the texts of special tokens and the sign of a space itself
          expect(model.detokenize(model.tokenize(text))).toBe(text);
        },
      ),
    );
  });

  it('merges as SentencePiece does: always the pair with the best score', () => {
    // Of the 8 texts the model read; the oracle tries every pair again after each merge.
    const own = learnVocabulary([...texts.slice(0, 8), ...request.wording], settings.vocabulary);
    for (const text of [...texts.slice(8, 28), 'Will the user like it? No.']) {
      expect([...model.tokenize(text)].map(Number)).toEqual(slowTokens(text, own));
    }
    expect(vocabulary.tokens.length).toBe(settings.vocabulary);
  });
});

/** Merges the best-scored pair of neighbours until none is a piece; what is no piece then is spelt in bytes. */
function slowTokens(text: string, { tokens }: Vocabulary): number[] {
  const ids = new Map(tokens.map(({ text: piece, kind }, id) => [piece, { id, kind }]));
  const scores = new Map(
    tokens.flatMap(({ text: piece, kind, score }) => (kind === 'normal' ? [[piece, score]] : [])) as [string, number][],
  );
  let pieces = [...text.replaceAll(' ', '▁')];
  for (;;) {
    const merges = pieces.slice(1).map((piece, i) => scores.get(`${pieces[i]}${piece}`) ?? Number.NEGATIVE_INFINITY);
    const best = merges.indexOf(Math.max(...merges));
    if (best < 0 || merges[best] === Number.NEGATIVE_INFINITY) break;
    pieces = [...pieces.slice(0, best), `${pieces[best]}${pieces[best + 1]}`, ...pieces.slice(best + 2)];
  }
  const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
  return pieces.flatMap((piece) =>
    scores.has(piece)
      ? [ids.get(piece)?.id as number]
      : [...new TextEncoder().encode(piece.replaceAll('▁', ' '))].map((byte) => ids.get(byteName(byte))?.id as number),
  );
}

describe('makeTinyModel', () => {
  const losses: number[] = [];
  const onEvent = (event: RunEvent) => {
    if (event.event === 'step') losses.push(event.loss);
  };

  it('makes a model that has learned from the texts, and keeps nothing else', async () => {
    const made = await makeTinyModel({ ...request, folder: join(folder, 'one'), onEvent });
    expect(made.reused).toBe(false);
    expect(readdirSync(dirname(made.path))).toEqual(['base.gguf']);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) - 0.5);
  }, 60_000);

  it('uses it again for the same request, and makes another for other texts', async () => {
    const again = await makeTinyModel({ ...request, folder: join(folder, 'one') });
    expect(again.reused).toBe(true);
    const other = await makeTinyModel({ ...request, texts: texts.slice(1), folder: join(folder, 'one') });
    expect(other).not.toEqual(again);
  }, 60_000);

  it('makes the same bytes elsewhere, even where an attempt was broken off', async () => {
    const [first] = [await makeTinyModel({ ...request, folder: join(folder, 'one') })];
    const home = join(folder, 'two', dirname(first.path).split('/').at(-1) as string);
    mkdirSync(join(home, 'pretraining', 'checkpoints'), { recursive: true });
    writeFileSync(join(home, 'texts.jsonl'), '{"row":0');
    copyFileSync(first.path, join(home, 'random.gguf'));
    const second = await makeTinyModel({ ...request, folder: join(folder, 'two') });
    expect(second.reused).toBe(false);
    expect(existsSync(join(home, 'texts.jsonl'))).toBe(false);
    expect(readFileSync(second.path).equals(readFileSync(first.path))).toBe(true);
  }, 60_000);
});

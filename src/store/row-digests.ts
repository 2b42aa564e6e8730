import { fingerprint, LOWER_BITS, mixed } from '../core/fingerprint.js';
import type { InstructionBlock, NameColumn } from './instruction-block.js';
import type { StoredBlock } from './instruction-columns.js';

/** 64 bits a row, its lower and its upper half in turn. */
export interface RowDigests {
  /** Of what makes a row the same in another version: user, lines of the log, template. Its split is that of the block. */
  readonly identities: Uint32Array;
  /** Of what it says: prompt and answer, label, target item, possible answers. */
  readonly says: Uint32Array;
}

/** Columns that digests are made of. */
export const DIGESTED: readonly (keyof StoredBlock)[] = [
  'users',
  'userOf',
  'items',
  'itemOf',
  'templates',
  'templateOf',
  'labels',
  'counts',
  'lines',
  'lows',
  'highs',
  'bits',
  'answers',
  'answerOf',
];

/** bits  of the fingerprints, 64 or 53: those that both versions have */
export function digestsOf(block: InstructionBlock, bits: number): RowDigests {
  const { size, users, items, templates, answers, labels } = block;
  const { begins, lines } = block.lines;
  const { lows, highs } = block.fingerprints;
  const [user, item, template, answer] = [users, items, templates, answers].map(digestsOfNames) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const kept = bits === 64 ? 0xffffffff : LOWER_BITS;
  const identities = new Uint32Array(2 * size);
  const says = new Uint32Array(2 * size);
  for (let row = 0; row < size; row++) {
    begin();
    put(user, users.of[row] as number);
    put(template, templates.of[row] as number);
    for (let i = begins[row] as number; i < (begins[row + 1] as number); i++)
      step(lines[i] as number, lines[i] as number);
    end(identities, row);
    begin();
    step(lows[row] as number, (highs[row] as number) & kept);
    step((highs[row] as number) & kept, lows[row] as number);
    step(labels[row] as number, labels[row] as number);
    put(item, items.of[row] as number);
    put(answer, answers.of[row] as number);
    end(says, row);
  }
  return { identities, says };
}

function digestsOfNames({ names }: NameColumn): Uint32Array {
  const digests = new Uint32Array(2 * names.length);
  for (const [i, name] of names.entries()) {
    const { low, high } = fingerprint(name);
    digests[2 * i] = low;
    digests[2 * i + 1] = high;
  }
  return digests;
}

// Two hashes of 32 bits over the same numbers, as in core/fingerprint.ts. Numbers of this file, so that a row makes no objects.
let a = 0;
let b = 0;

function begin(): void {
  a = 0x811c9dc5;
  b = 0x9e3779b9;
}

function put(digests: Uint32Array, name: number): void {
  const [low, high] = [digests[2 * name] as number, digests[2 * name + 1] as number];
  step(low, high);
  step(high, low);
}

function step(one: number, other: number): void {
  a = Math.imul(a ^ one, 0x01000193);
  a ^= a >>> 15;
  b = Math.imul(b ^ other, 0x85ebca6b);
  b ^= b >>> 13;
}

function end(digests: Uint32Array, row: number): void {
  digests[2 * row] = mixed(a ^ Math.imul(b, 0x27d4eb2f));
  digests[2 * row + 1] = mixed(b ^ Math.imul(a, 0x165667b1));
}

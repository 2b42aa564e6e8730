import { describe, expect, it } from 'vitest';
import { checkInstructions, countTwinPrompts } from '../../src/builders/checks.js';
import { userSequences } from '../../src/builders/user-sequences.js';
import type { Instruction } from '../../src/core/instruction.js';
import { inventedLog } from './invented-store.js';

// User u0 of the invented log stands on lines 1, 41, 81, ...; user u1 on 2, 42, ...
const sequences = userSequences(inventedLog(), { kind: 'time' });
const row: Instruction = {
  row: 5,
  split: 'test',
  userId: 'u0',
  itemId: 'i0',
  label: true,
  choices: ['Yes.', 'No.'],
  scored: 'first-token',
  candidates: null,
  templateId: 't',
  templateVersion: 1,
  instruction: '',
  input: '',
  answer: 'Yes.',
  prompt: '',
  values: [],
  history: [],
  historyLabels: [],
  target: 121,
  historyInteractions: [1, 41, 81],
};
const check = (change: Partial<Instruction>) => () => checkInstructions([row, { ...row, ...change }], sequences);

describe('checkInstructions', () => {
  it('passes rows whose history stands before the target', () => expect(check({})).not.toThrow());

  it.each([
    { case: 'the target in the history', change: { historyInteractions: [41, 81, 121] } },
    { case: 'something later in the history', change: { historyInteractions: [41, 81, 161] } },
    { case: 'a history that is not in order', change: { historyInteractions: [41, 1, 81] } },
    { case: 'an interaction twice', change: { historyInteractions: [1, 41, 41] } },
    { case: 'the interaction of another user', change: { historyInteractions: [1, 2, 81] } },
    { case: 'a target of another user', change: { target: 122 } },
    { case: 'a line that the log does not have', change: { historyInteractions: [1, 41, 9999] } },
  ])('refuses $case and names the row', ({ change }) => {
    expect(check(change)).toThrow(
      expect.objectContaining({
        kind: 'data',
        message: '1 rows hold the target or something later in their history',
        where: 'test row 5',
      }),
    );
  });

  it('refuses an answer that is none of the choices', () => {
    expect(check({ answer: 'Maybe.' })).toThrow('1 rows have an answer that is none of their choices');
  });
});

describe('countTwinPrompts', () => {
  const prompts = (text: string) => [...text].map((prompt) => ({ prompt }));

  it.each([
    { train: 'abc', valid: 'de', test: 'f', expected: { valid: 0, test: 0 } },
    { train: 'aab', valid: 'ax', test: 'xyb', expected: { valid: 1, test: 2 } },
    { train: 'a', valid: 'bb', test: 'b', expected: { valid: 0, test: 1 } }, // twins inside one split leak nothing
  ])('of train $train, valid $valid, test $test gives $expected', ({ train, valid, test, expected }) => {
    expect(countTwinPrompts({ train: prompts(train), valid: prompts(valid), test: prompts(test) })).toEqual(expected);
  });
});

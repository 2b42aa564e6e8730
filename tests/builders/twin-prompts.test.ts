import { describe, expect, it } from 'vitest';
import { TwinPrompts } from '../../src/builders/leaks/twin-prompts.js';
import { SPLITS } from '../../src/core/instruction.js';
import { madeRows } from '../../src/core/made-row.js';
import { instruction } from '../store/fixtures.js';

describe('TwinPrompts', () => {
  it.each([
    { train: 'abc', valid: 'de', test: 'f', expected: { valid: 0, test: 0 } },
    { train: 'aab', valid: 'ax', test: 'xyb', expected: { valid: 1, test: 2 } },
    { train: 'a', valid: 'bb', test: 'b', expected: { valid: 0, test: 1 } }, // twins inside one split leak nothing
  ])('of train $train, valid $valid, test $test gives $expected', ({ expected, ...prompts }) => {
    const twins = new TwinPrompts();
    const rows = SPLITS.flatMap((split) => [...prompts[split]].map((prompt) => instruction(0, { split, prompt })));
    for (const row of madeRows(rows)) twins.look(row);
    expect(twins.counts()).toEqual(expected);
  });
});

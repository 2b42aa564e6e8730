import { describe, expect, it } from 'vitest';
import { countTwinPrompts } from '../../src/builders/leaks/count-twins.js';

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

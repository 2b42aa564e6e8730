import { expect, it } from 'vitest';
import { counted, figure, interval, levelTitle, percent, thousands, withInterval } from '../../src/eval/numbers.js';

it.each([
  { value: 0.7256, expected: '0.726' },
  { value: -0.0104, expected: '-0.010' },
  { value: 0, expected: '0.000' },
  { value: -0, expected: '0.000' },
  { value: 0.00042, expected: '0.0004' }, // a bound that excludes 0 must not read as 0
  { value: -0.000049, expected: '-0.00005' },
  { value: -1.1e-16, expected: '0.000' }, // two sums of the same numbers in another order
  { value: 16.118, expected: '16.118' },
  { value: 11_916.133, expected: '11,916' },
  { value: null, expected: 'not defined' },
])('a figure of $value reads $expected', ({ value, expected }) => expect(figure(value)).toBe(expected));

it('an estimate reads as its figure and its interval', () => {
  expect(withInterval({ value: 0.71, low: 0.63, high: 0.78, leftOut: 0 })).toBe('0.710 [0.630, 0.780]');
  expect(withInterval({ value: 0.71, low: null, high: null, leftOut: 0 })).toBe('0.710 no interval');
  expect(withInterval({ value: null, low: null, high: null, leftOut: 9 })).toBe('not defined');
  expect(interval({ value: null, low: null, high: null, leftOut: 9 })).toBe('no interval');
});

it.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
])('%i in thousands is %s', (count, expected) => expect(thousands(count)).toBe(expected));

it('counts agree with their noun', () => {
  expect(counted(1, 'user')).toBe('1 user');
  expect(counted(2000, 'user')).toBe('2,000 users');
});

it('shares and levels read as percent', () => {
  expect(percent(0.528)).toBe('52.8 %');
  expect(levelTitle(0.95)).toBe('95 %');
  expect(levelTitle(0.999)).toBe('99.9 %');
});

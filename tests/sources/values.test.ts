import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRating, parseTimestamp } from '../../src/sources/values.js';

it.each([
  ['3', 3],
  ['-0.5', -0.5],
  [' 4.0 ', 4],
  ['.5', 0.5],
  ['5.', 5],
  ['1e1', 10],
  ['+2', 2],
])('reads the rating %j as %d', (text, value) => expect(parseRating(text)).toEqual({ value }));

it.each(['', ' ', 'NULL', 'nan', 'Infinity', '1e999', '0x10', '3,5', '3 4', '--1', '1_000', '٣'])(
  'does not take %j for a rating',
  (text) => expect(parseRating(text)).toEqual({ problem: 'rating is not a number' }),
);

it.each([
  ['881250949', 'seconds', 881250949],
  ['978300760.9', 'seconds', 978300760],
  ['0', 'seconds', 0],
  ['978300760999', 'milliseconds', 978300760],
  ['1970-01-02', 'iso', 86400],
  ['2001-02-03 04:05', 'iso', 981173100],
  ['2001-02-03T04:05:06.789Z', 'iso', 981173106],
  ['2001-02-03T04:05:06+02:00', 'iso', 981165906],
  ['2001-02-03T04:05:06-0130', 'iso', 981178506],
  ['2000-02-29', 'iso', 951782400],
] as const)('reads the time %j in %s as %d', (text, unit, value) =>
  expect(parseTimestamp(text, unit)).toEqual({ value }),
);

it.each([
  ['', 'seconds', 'timestamp is not a number'],
  ['yesterday', 'seconds', 'timestamp is not a number'],
  ['-1', 'seconds', 'timestamp is before 1970'],
  ['978300760999', 'seconds', 'timestamp is after the year 9999 (timestampUnit is seconds)'],
  ['1969-12-31', 'iso', 'timestamp is before 1970'],
  ['2001-02-30', 'iso', 'timestamp is not an ISO date'],
  ['1900-02-29', 'iso', 'timestamp is not an ISO date'],
  ['2001-13-01', 'iso', 'timestamp is not an ISO date'],
  ['2001-01-01T24:00', 'iso', 'timestamp is not an ISO date'],
  ['01/02/2001', 'iso', 'timestamp is not an ISO date'],
  ['881250949', 'iso', 'timestamp is not an ISO date'],
] as const)('does not take %j in %s for a time', (text, unit, problem) =>
  expect(parseTimestamp(text, unit)).toEqual({ problem }),
);

it('reads back any time that JavaScript writes as ISO 8601', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (milliseconds) => {
      const value = Math.floor(milliseconds / 1000);
      expect(parseTimestamp(new Date(milliseconds).toISOString(), 'iso')).toEqual({ value });
      expect(parseTimestamp(String(milliseconds), 'milliseconds')).toEqual({ value });
    }),
  );
});

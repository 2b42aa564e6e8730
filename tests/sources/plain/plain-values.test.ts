import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PlainTimes, plainDecimal } from '../../../src/sources/plain/plain-values.js';
import { parseRating, parseTimestamp } from '../../../src/sources/values.js';

function decimal(text: string): number {
  const around = Buffer.from(`1${text}1`, 'latin1');
  return plainDecimal(around, 1, around.length - 1);
}

it.each(['0', '5', '3.5', '.5', '5.', '-2', '-0', '007', '1112486027', '123456789012345', '0.12345678901234', '4.35'])(
  'reads %s as Number does',
  (text) => expect(decimal(text)).toBe(Number(text)),
);

it.each(['', '-', '.', '-.', '1.2.3', '+5', '1e3', ' 5', '5 ', '1234567890123456', 'x', '1,5', 'NaN', '--1'])(
  'leaves %j to others',
  (text) => expect(decimal(text)).toBeNaN(),
);

it('gives what the reader of ratings gives, or nothing, of any text', () => {
  const written = fc
    .tuple(fc.stringMatching(/^\d{0,17}$/), fc.constantFrom('', '.'), fc.stringMatching(/^\d{0,17}$/))
    .map((parts) => parts.join(''));
  const text = fc.oneof(
    written,
    written.map((one) => `-${one}`),
    fc.stringMatching(/^[-+0-9.e ]{0,8}$/),
  );
  fc.assert(
    fc.property(text, (one) => {
      const value = decimal(one);
      if (!Number.isNaN(value)) expect({ value }).toStrictEqual(parseRating(one));
    }),
    { numRuns: 2000 },
  );
});

it('reads dates and times as the reader of times does, or leaves them to it', () => {
  const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0'));
  const parts = [two(99), two(99), two(13), two(32), fc.constantFrom('T', ' ', 't', ''), two(25), two(61), two(61)];
  const regular = fc
    .tuple(...parts, fc.constantFrom('', 'Z', '.5', '+02:00', ' '))
    .map(([c, y, m, d, t, h, min, s, end]) => `${c}${y}-${m}-${d}${t}${t === '' ? '' : `${h}:${min}:${s}`}${end}`);
  const text = fc.oneof(regular, fc.stringMatching(/^[-0-9:TZ ]{8,20}$/));
  const times = new PlainTimes();
  let taken = 0;
  fc.assert(
    fc.property(text, (one) => {
      const around = Buffer.from(`1${one}1`);
      const seconds = times.iso(around, 1, around.length - 1);
      if (Number.isNaN(seconds)) return;
      taken += 1;
      const wanted = parseTimestamp(one, 'iso');
      if (seconds >= 0) expect({ value: seconds }).toEqual(wanted);
      else expect(wanted).toHaveProperty('problem');
    }),
    { numRuns: 5000 },
  );
  expect(taken).toBeGreaterThan(100);
});

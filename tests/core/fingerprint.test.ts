import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fingerprint, fingerprintOf } from '../../src/core/fingerprint.js';

it('is the same for the same text, whatever was asked for in between, and never changes: stores keep it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      const first = { ...fingerprint(one) };
      fingerprint(other);
      expect({ ...fingerprint(`${one}|`.slice(0, -1)) }).toEqual(first);
    }),
  );
  expect({ ...fingerprint('Will the user like "Alien (1979)"?') }).toMatchInlineSnapshot(`
    {
      "high": 2372304495,
      "low": 2584347536,
    }
  `);
  expect({ ...fingerprint('Am\u00e9lie \u{1f3ac}') }).toMatchInlineSnapshot(`
    {
      "high": 1957341124,
      "low": 314083499,
    }
  `);
  expect(fingerprintOf('prompt', 'Yes.')).toMatchInlineSnapshot(`6932814454430100`);
});

it('tells texts apart that differ in one bit of one character, in length, or in their order', () => {
  const seen = new Map<number, string>();
  const look = (...texts: string[]): void => {
    const made = fingerprintOf(...texts);
    expect(Number.isSafeInteger(made) && made >= 0).toBe(true);
    expect(seen.get(made)).toBeUndefined();
    seen.set(made, texts.join('|'));
  };
  const text = 'The user liked "Alien (1979)".';
  for (let at = 0; at < text.length; at++) {
    for (let bit = 0; bit < 16; bit++) {
      const unit = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit));
      look(text.slice(0, at) + unit + text.slice(at + 1));
    }
  }
  for (let length = 0; length < 50; length++) look('\0'.repeat(length));
  for (let length = 0; length < 50; length++) look('\u0100'.repeat(length + 1));
  look('a', 'b');
  look('b', 'a');
  look('ab', '');
  look('', 'ab');
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { curateVersion } from '../../../src/builders/curate/curate-version.js';
import { readStep } from '../../../src/builders/curate/read-steps.js';
import { replaceRanges } from '../../../src/builders/curate/replace-ranges.js';
import { PERSONAL } from '../../../src/core/curation/steps.js';
import type { Instruction } from '../../../src/core/instruction.js';
import { findPersonal, passesLuhn } from '../../../src/core/personal-data.js';
import { NOW } from '../../store/fixtures.js';
import { type InventedStudio, importInvented, inventedStudio } from '../invented-store.js';
import { keepVersion, logOf, rowOf } from './invented-version.js';

let studio: InventedStudio;
beforeEach(() => {
  studio = inventedStudio();
});
afterEach(() => studio.close());

describe('findPersonal', () => {
  it.each([
    { text: 'write to Jane.Doe+x@mail.example.org.', found: ['mail Jane.Doe+x@mail.example.org'] },
    { text: 'müller@exämple.de, a@b', found: ['mail müller@exämple.de'] },
    {
      text: 'see https://example.org/a?b=c&d, or www.example.com!',
      found: ['url https://example.org/a?b=c&d', 'url www.example.com'],
    },
    { text: 'http://jane@example.org/x', found: ['url http://jane@example.org/x'] },
    { text: 'from 192.168.0.255 or 256.1.1.1 or 1.2.3.4.5', found: ['ip 192.168.0.255'] },
    {
      text: 'at 2001:db8::ff00:42:8329 and 1:2:3:4:5:6:7:8',
      found: ['ip 2001:db8::ff00:42:8329', 'ip 1:2:3:4:5:6:7:8'],
    },
    { text: 'card 4111 1111 1111 1111, not 4111 1111 1111 1112', found: ['card 4111 1111 1111 1111'] },
    {
      text: 'call +49 30 901820 or (555) 123-4567 or 555-123-4567',
      found: ['phone +49 30 901820', 'phone (555) 123-4567', 'phone 555-123-4567'],
    },
    { text: 'Apollo 13 (1995), 2001: A Space Odyssey, 867-5309, 1984-2001, 10:30, 12.5 %, 0-395-19395-8', found: [] },
    { text: 'A ratio of 3:2::6:4', found: [] },
  ])('in "$text"', ({ text, found }) => {
    const findings = findPersonal(text, PERSONAL);
    expect(findings.map(({ kind, text: one }) => `${kind} ${one}`)).toEqual(found);
    for (const { begin, end, text: one } of findings) expect(text.slice(begin, end)).toBe(one);
  });

  it('looks for the kinds that are asked for alone', () => {
    expect(findPersonal('a@example.org 10.0.0.1', ['ip']).map(({ kind }) => kind)).toEqual(['ip']);
  });

  it('believes a card number when its check digit is right: of the ten last digits one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 12, maxLength: 18 }), (digits) => {
        const right = Array.from({ length: 10 }, (_, last) => passesLuhn([...digits, last].join('')));
        expect(right.filter(Boolean).length).toBe(1);
      }),
    );
    expect(passesLuhn('79927398713')).toBe(true); // the example of the standard's readers
  });
});

describe('replaceRanges', () => {
  it('moves every offset as a count of the bytes before it does', () => {
    const part = fc.record({
      plain: fc.string({ unit: 'grapheme', maxLength: 5 }),
      old: fc.string({ unit: 'grapheme', maxLength: 5 }),
      put: fc.string({ maxLength: 9 }),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const before = parts.map(({ plain, old }) => plain + old).join('');
        const offsets: [number, number][] = [];
        const expected: [number, number][] = [];
        let [now, then] = [0, 0];
        for (const { plain, old, put } of parts) {
          offsets.push([now, now + Buffer.byteLength(plain)]);
          expected.push([then, then + Buffer.byteLength(plain)]);
          now += Buffer.byteLength(plain + old);
          then += Buffer.byteLength(plain + put);
        }
        let at = 0;
        const replacements = parts.map(({ plain, old, put }) => {
          const begin = at + Buffer.byteLength(plain);
          at = begin + Buffer.byteLength(old);
          return { range: [begin, at] as [number, number], text: put };
        });
        const { text, moved } = replaceRanges(
          before,
          replacements.filter(({ range }) => range[1] > range[0]),
        );
        const kept = parts.every(({ old }) => old !== '');
        if (!kept) return; // what is put in the place of nothing is no replacement
        expect(text).toBe(parts.map(({ plain, put }) => plain + put).join(''));
        expect(offsets.map(moved).filter(([a, b]) => b > a)).toEqual(expected.filter(([a, b]) => b > a));
      }),
    );
  });
});

describe('scrub', () => {
  const curated = async (rows: Instruction[], step = 'scrub') => {
    importInvented(studio.store, logOf([{}]));
    const beside = (['valid', 'test'] as const).map((split) => rowOf({ split }, ['Text: ', ['x']]));
    const parent = keepVersion(studio.store, [...rows, ...beside]);
    const version = await curateVersion(studio.store, parent, [readStep(step)], {
      studio: studio.studio,
      now: () => NOW,
      program: '1',
    });
    return { version, rows: [...studio.store.versions.instructions(version.hash, 'train')] };
  };
  const MAIL = 'jane@example.org';

  it('changes inserted texts alone; every range still holds what it held, pseudonyms in the place of values', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '東', '\u{1f600}', ' '), maxLength: 6 });
    const value = fc
      .array(fc.oneof(text, fc.constantFrom(` ${MAIL} `, ' 10.0.0.1 ', ' +49 30 901820 ')), { maxLength: 4 })
      .map((parts) => parts.join(''));
    const check = async (values: string[]): Promise<void> => {
      const pieces = values.flatMap((one, i): (string | [string])[] => [`é mail me@here.org ${i}: `, [one], ', ']);
      const row = rowOf({}, pieces);
      const history = row.values.map(([begin, end]): [number, number] => [begin, end + 2]); // the separator goes with it
      const { rows } = await curated([{ ...row, history }]);
      const [now] = rows as [Instruction];
      const cut = (of: Instruction, [begin, end]: readonly [number, number]) =>
        Buffer.from(of.prompt).toString('utf8', begin, end);
      const rule = (one: string) =>
        one.replaceAll(/jane@example\.org|10\.0\.0\.1|\+49 30 901820/g, (found) => known.get(found) ?? '?');
      const known = new Map<string, string>();
      for (const [found, pseudonym] of PSEUDONYMS) known.set(found, pseudonym);
      expect(now.values.map((range) => cut(now, range))).toEqual(row.values.map((range) => rule(cut(row, range))));
      expect(now.history.map((range) => cut(now, range))).toEqual(history.map((range) => rule(cut(row, range))));
      expect(now.prompt).toBe(
        `Instruction: ${pieces.map((piece) => (typeof piece === 'string' ? piece : rule(piece[0]))).join('')}`,
      );
      expect(now.prompt).toBe(`${now.instruction} ${now.input}`);
    };
    const PSEUDONYMS = new Map<string, string>();
    const first = await curated([rowOf({}, ['Text: ', [MAIL], ' ', ['10.0.0.1'], ' ', ['+49 30 901820']])]);
    const shown = [...(first.rows[0]?.prompt ?? '').matchAll(/<\w+ [0-9a-f]{10}>/g)].map(([one]) => one);
    expect(shown.map((one) => one.split(' ')[0])).toEqual(['<mail', '<ip', '<phone']);
    [MAIL, '10.0.0.1', '+49 30 901820'].forEach((found, i) => {
      PSEUDONYMS.set(found, shown[i] as string);
    });
    let run = 0;
    const fresh = async (values: string[]): Promise<void> => {
      studio.close();
      studio = inventedStudio();
      run += 1;
      await check(values);
    };
    await fc.assert(fc.asyncProperty(fc.array(value, { maxLength: 4 }), fresh), { numRuns: 20 });
    expect(run).toBeGreaterThanOrEqual(20);
  });

  it('counts what it found by kind, and scrubs free answers but no choices', async () => {
    const said = ['Text: ', [`${MAIL} or JANE@example.org`], '; ', ['www.example.org']] as (string | [string])[];
    const rows = [
      rowOf({}, said),
      rowOf({ answer: MAIL, choices: null, scored: null, label: null }, ['x']),
      rowOf({ answer: MAIL, choices: [MAIL, 'b'] }, ['y']),
    ];
    const { version, rows: now } = await curated(rows);
    expect(version.curation?.steps[0]).toMatchObject({
      audit: { mail: 3, url: 1 },
      changed: { train: 2, valid: 0, test: 0 },
      settings: { key: null },
    });
    const [one, other] = [...(now[0]?.prompt ?? '').matchAll(/<mail [0-9a-f]{10}>/g)].map(([found]) => found);
    expect(one).toBe(other); // the same address in another case
    expect(now[1]?.answer).toBe(one);
    expect(now[2]?.answer).toBe(MAIL);
  });

  it('gives other pseudonyms under another key, and the manifest tells neither key nor path', async () => {
    const file = join(studio.studio, 'secret.key');
    writeFileSync(file, 'a very long secret');
    const row = rowOf({}, ['Text: ', [MAIL]]);
    const { version, rows } = await curated([row], `scrub: {keyFile: ${JSON.stringify(file)}}`);
    const text = JSON.stringify(version);
    expect(text).not.toContain('secret');
    expect(version.curation?.steps[0]?.settings.key).toMatch(/^[0-9a-f]{16}$/);
    const plain = await curated([row]);
    expect(plain.rows[0]?.prompt).not.toBe(rows[0]?.prompt);
    expect(plain.rows[0]?.prompt).not.toContain(MAIL);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FitRow, fitKind, fitLines } from '../../src/trainers/fit-data.js';

const logged = (logIndex: number, userId: string, itemId: string, timestamp: number | null = logIndex) => ({
  logIndex,
  userId,
  itemId,
  timestamp,
});

function row(change: Partial<FitRow>): FitRow {
  const plain = { row: 0, userId: 'ann', itemId: 'a', label: true, candidates: null, target: 0 };
  return { ...plain, historyInteractions: [], historyLabels: [], ...change };
}

// ann meets a, b, c, d, e; bob meets a, c
const LOG = [
  ...['a', 'b', 'c', 'd', 'e'].map((item, i) => logged(i, 'ann', item)),
  logged(5, 'bob', 'a'),
  logged(6, 'bob', 'c'),
];

describe('fitLines', () => {
  it('learns from targets and histories of train, each once, in the order of time', () => {
    const log = LOG.map((one) => ({ ...one, timestamp: one.logIndex === 0 ? 99 : 1 })); // a came last
    const train = [
      row({ target: 2, itemId: 'c', label: false, historyInteractions: [1, 0], historyLabels: [true, false] }),
      row({ target: 1, itemId: 'b', label: true, historyInteractions: [0], historyLabels: [null] }),
    ];
    const lines = fitLines({ train, valid: [], test: [] }, log, 'train');
    expect(lines.interactions).toEqual([{ items: [0, 1, 2], liked: [true, false, false] }]); // b, c, a
    expect(lines.items).toBe(3);
  });

  it('does not learn from what a row of valid or test asks for, and takes an interaction that nobody judged as liked', () => {
    const train = [
      row({ target: 3, itemId: 'd', label: null, historyInteractions: [1, 2], historyLabels: [null, null] }),
    ];
    const held = { valid: [row({ target: 2, itemId: 'c' })], test: [] };
    expect(fitLines({ train, ...held }, LOG, 'train').interactions).toEqual([{ items: [0, 1], liked: [true, true] }]);
  });

  it('takes an item that was drawn as a negative for no interaction', () => {
    const train = [row({ target: 1, itemId: 'z', label: false }), row({ target: 2, itemId: 'c', label: true })];
    expect(fitLines({ train, valid: [], test: [] }, LOG, 'train').interactions).toEqual([
      { items: [0], liked: [true] },
    ]);
  });

  it('scores a row with what its history shows, and of train with what came before its target', () => {
    const train = [row({ target: 1, itemId: 'b', label: false }), row({ target: 4, itemId: 'e' })];
    const test = [
      row({ row: 7, target: 3, itemId: 'd', label: false, historyInteractions: [2], historyLabels: [false] }),
    ];
    const known = fitLines({ train, valid: [], test }, LOG, 'train').rows('test', 'judgement');
    expect(known).toEqual([
      { row: 7, user: 0, history: [0, 2], liked: [false, false], candidates: [3], excluded: null, relevant: [] },
    ]); // b of train, c of the row; e came later
    const shown = fitLines({ train, valid: [], test }, LOG, 'history').rows('test', 'judgement');
    expect(shown[0]).toMatchObject({ history: [2], liked: [false] });
  });

  it('asks of a list for its target among the candidates, and of a user whom train does not know for nobody', () => {
    const test = [row({ userId: 'bob', target: 6, itemId: 'c', label: null, candidates: ['z', 'c', 'a'] })];
    const lines = fitLines({ train: [row({ target: 0, itemId: 'a' })], valid: [], test }, LOG, 'train');
    expect(lines.rows('test', 'choice')).toEqual([
      { row: 0, user: null, history: [], liked: [], candidates: [1, 2, 0], excluded: null, relevant: [2] },
    ]);
    expect(lines.rows('test', 'judgement')).toEqual([]);
  });

  it('never lets a row see its own target or what came after it, whatever the log', () => {
    const cases = fc.record({
      times: fc.array(fc.nat(3), { minLength: 4, maxLength: 12 }),
      held: fc.nat(11),
      shown: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    });
    fc.assert(
      fc.property(cases, ({ times, held, shown }) => {
        const target = held % times.length;
        const log = times.map((time, line) => logged(line, 'ann', `item ${line}`, time));
        const train = log
          .filter((_, line) => shown[line])
          .map(({ logIndex, itemId }) => row({ target: logIndex, itemId }));
        const test = [row({ target, itemId: `item ${target}` })];
        const lines = fitLines({ train, valid: [], test }, log, 'train');
        const [asked] = lines.rows('test', 'judgement');
        const before = log.filter(
          ({ logIndex, timestamp }) =>
            shown[logIndex] &&
            ((timestamp ?? 0) < (times[target] ?? 0) || (timestamp === times[target] && logIndex < target)),
        );
        expect(asked?.history.length).toBe(before.length);
        expect(asked?.history).not.toContain(asked?.candidates[0]);
        expect(lines.interactions.flatMap(({ items }) => items)).not.toContain(asked?.candidates[0]);
      }),
    );
  });
});

it.each([
  { label: true, candidates: null, kind: 'judgement' },
  { label: null, candidates: ['a'], kind: 'choice' },
  { label: null, candidates: null, kind: undefined },
])('takes a row of label $label with candidates $candidates as $kind', ({ kind, ...of }) => {
  expect(fitKind(of)).toBe(kind);
});

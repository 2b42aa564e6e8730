import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judged } from '../../../src/builders/curate/judges.js';
import { Stage } from '../../../src/builders/curate/stage.js';
import { FILTERS, FilterStep } from '../../../src/core/curation/filters.js';
import { STEPS } from '../../../src/core/curation/steps.js';
import type { Instruction } from '../../../src/core/instruction.js';
import type { Interaction } from '../../../src/core/interaction.js';
import { type InventedStudio, importInvented, inventedStudio } from '../invented-store.js';
import { keepVersion, logOf, rowOf } from './invented-version.js';

let studio: InventedStudio;
beforeEach(() => {
  studio = inventedStudio();
});
afterEach(() => studio.close());

interface Case {
  kind: FilterStep['kind'];
  settings?: object;
  log?: Interaction[];
  titles?: Record<string, string>;
  takes: Instruction[]; // rows of train
  leaves: Instruction[];
  beside?: Instruction[]; // rows of other splits, or of train, about which nothing is expected
}

const events = (userId: string, times: number[], change: Partial<Interaction> = {}) =>
  times.map((timestamp) => ({ userId, timestamp, ...change }));
const every = (count: number, seconds: number) => Array.from({ length: count }, (_, i) => 1_000_000 + i * seconds);
const uneven = (count: number) => Array.from({ length: count }, (_, i) => 1_000_000 + i * i * 977);
const two = (takes: Partial<Instruction>, leaves: Partial<Instruction>) => ({
  takes: [rowOf(takes)],
  leaves: [rowOf(leaves)],
});
const saying = (...texts: string[]) => texts.map((text) => rowOf({}, ['Text: ', [text], '.']));
const titled = (kind: FilterStep['kind'], wrong: string, fine: string, settings = {}): Case => ({
  kind,
  settings,
  log: logOf([{}, {}, {}]),
  titles: { i0: wrong, i1: fine, i2: 'Another' },
  takes: [rowOf({ itemId: 'i0' }), rowOf({ itemId: 'i1', historyInteractions: [1] })],
  leaves: [rowOf({ itemId: 'i1', historyInteractions: [3] }), rowOf({ itemId: 'i2' })],
});
const bot = [...events('bot', every(20, 60)), ...events('person', uneven(20)), ...events('new', every(3, 60))];

const CASES: Case[] = [
  { kind: 'busy-users', settings: { interactions: 19 }, log: logOf(bot), ...two({ userId: 'bot' }, { userId: 'new' }) },
  {
    kind: 'regular-gaps',
    log: logOf(bot),
    takes: [rowOf({ userId: 'bot' })],
    leaves: [rowOf({ userId: 'person' }), rowOf({ userId: 'new' })],
  },
  {
    kind: 'bursts',
    settings: { interactions: 3, seconds: 10 },
    log: logOf(events('u1', [100, 200, 205, 210, 400])),
    takes: [rowOf({ target: 2 }), rowOf({ target: 3 }), rowOf({ target: 4 })],
    leaves: [rowOf({ target: 1 }), rowOf({ target: 5 })],
  },
  {
    kind: 'equal-timestamps',
    log: logOf([...events('a', [5, 5, 5]), ...events('b', [5, 5, 6]), ...events('c', [5])]),
    takes: [rowOf({ userId: 'a' })],
    leaves: [rowOf({ userId: 'b' }), rowOf({ userId: 'c' })],
  },
  {
    kind: 'constant-ratings',
    settings: { interactions: 3 },
    log: logOf([
      ...events('a', [1, 2, 3], { rating: 5 }),
      ...events('b', [1, 2], { rating: 5 }),
      ...events('b', [3], { rating: 4 }),
      ...events('c', [1, 2], { rating: 5 }),
    ]),
    takes: [rowOf({ userId: 'a' })],
    leaves: [rowOf({ userId: 'b' }), rowOf({ userId: 'c' })],
  },
  {
    kind: 'one-label-users',
    takes: [rowOf({ userId: 'a', label: true }), rowOf({ userId: 'a', label: true })],
    leaves: [
      rowOf({ userId: 'b', label: true }),
      rowOf({ userId: 'b', label: false }),
      rowOf({ userId: 'c', label: true }),
      rowOf({ userId: 'd', label: null }),
      rowOf({ userId: 'd', label: null }),
    ],
  },
  {
    kind: 'few-rows-users',
    settings: { rows: 2 },
    takes: [rowOf({ userId: 'a' })],
    leaves: [rowOf({ userId: 'b' }), rowOf({ userId: 'b' })],
  },
  {
    kind: 'dead-items',
    settings: { interactions: 2 },
    log: logOf([{ itemId: 'i0' }, { itemId: 'i1' }, { itemId: 'i1' }]),
    takes: [rowOf({ itemId: 'i0', target: 1, historyInteractions: [] }), rowOf({ itemId: 'i0', target: 1 })], // one interaction, shown twice
    leaves: [rowOf({ itemId: 'i1', target: 2 }), rowOf({ itemId: 'i1', target: 3, historyInteractions: [2] })],
  },
  {
    kind: 'popular-items',
    settings: { share: 0.5 },
    takes: [rowOf(), rowOf(), rowOf()],
    leaves: [rowOf({ itemId: 'i1' }), rowOf({ itemId: 'i2' })],
  },
  {
    kind: 'repeated-targets',
    log: logOf([{ itemId: 'a' }, { itemId: 'b' }, { itemId: 'a' }]),
    ...two(
      { itemId: 'a', target: 3, historyInteractions: [1, 2] },
      { itemId: 'a', target: 3, historyInteractions: [2] },
    ),
  },
  {
    kind: 'repeated-history',
    log: logOf([{ itemId: 'a' }, { itemId: 'b' }, { itemId: 'a' }]),
    ...two({ itemId: 'c', historyInteractions: [1, 2, 3] }, { itemId: 'a', historyInteractions: [1, 2] }),
  },
  titled('missing-titles', ' Untitled ', 'Untitled Love'),
  titled('missing-titles', '  ', 'A'),
  {
    ...titled('duplicate-titles', 'Heat', 'Alien'),
    titles: { i0: 'Heat', i1: 'Alien', i2: 'Cube', i9: 'heat ' },
    log: logOf([{}, {}, {}, { itemId: 'i9' }]),
  },
  titled('long-titles', 'x'.repeat(11), 'x'.repeat(10), { characters: 10 }),
  titled('html-titles', 'Fish &amp; Chips', 'Fish & Chips; 3 < 4'),
  titled('html-titles', '<b>Heat</b>', 'Heat <3'),
  titled('url-titles', 'See https://example.org/x', 'http'),
  titled('numeric-titles', '0-7645-1', '2001: A Space Odyssey'),
  {
    kind: 'title-leaks',
    log: logOf([{ itemId: 'alien' }, { itemId: 'alien2' }]),
    titles: { alien: 'Alien', alien2: 'Alien Resurrection', it: 'It' },
    takes: [rowOf({ itemId: 'alien' }, ['Review: ', ['I loved ALIEN so much'], '. Target: ', ['Alien']])],
    leaves: [
      rowOf({ itemId: 'alien' }, ['Liked: ', ['Alien Resurrection'], '. Target: ', ['Alien']]), // another item's title
      rowOf({ itemId: 'alien' }, ['Review: ', ['The aliens were fine']]), // another word
      rowOf({ itemId: 'alien' }, ['Which Alien film? ', ['Cube']]), // the template's own words
      rowOf({ itemId: 'it' }, ['Review: ', ['I loved it']]), // too short to tell
    ],
  },
  { kind: 'many-characters', settings: { characters: 30 }, takes: saying('x'.repeat(40)), leaves: saying('x') },
  { kind: 'few-characters', settings: { characters: 30 }, takes: saying('x'), leaves: saying('x'.repeat(40)) },
  { kind: 'long-answers', settings: { characters: 4 }, ...two({ answer: 'Never' }, { answer: 'Yes.' }) },
  {
    kind: 'unprintable',
    takes: [...saying('a\u0000b', 'a\u200bb', 'a\ufffdb', 'a\u202eb', 'a\ue000b'), rowOf({ answer: '\u0007' })],
    leaves: saying('a\tb\nc', 'Amélie', '東京', '\u{1f600}', 'naïve\u00a0x'),
  },
  {
    kind: 'broken-encoding',
    takes: saying('AmÃ©lie', 'donâ€™t', 'Ã¼ber'),
    leaves: saying('Amélie', 'don’t', 'Ürün Âge', '€5', 'SÃO'),
  },
  {
    kind: 'repeated-text',
    settings: { words: 3 },
    takes: saying('good film really. Good film, really!'),
    leaves: saying('good film good film', 'good film really and film really good'),
  },
  { kind: 'scripts', takes: saying('Терминатор'), leaves: saying('Terminator', '12 : 30', 'Terminator Тер') },
  {
    kind: 'languages',
    takes: saying('Der Film ist nicht gut und die Musik ist auch zu laut für mich'),
    leaves: saying(
      'The film is not good and the music is also too loud for me',
      'Der Film ist gut',
      'Zorro Batman Superman Dracula Rambo Rocky Gandhi Amadeus Evita',
    ),
  },
  {
    kind: 'contradictory-labels',
    takes: [rowOf({ itemId: 'a', label: true }), rowOf({ itemId: 'a', label: false })],
    leaves: [
      rowOf({ itemId: 'b', label: true }),
      rowOf({ itemId: 'b', label: true }),
      rowOf({ itemId: 'a', userId: 'u2', label: false }),
      rowOf({ itemId: 'a', label: null }),
    ],
  },
  {
    kind: 'split-twins',
    takes: saying('same'),
    leaves: saying('own', 'own'),
    beside: [rowOf({ split: 'test', userId: 'u9' }, ['Text: ', ['same'], '.'])],
  },
  {
    kind: 'split-twins',
    settings: { by: 'target' },
    ...two({ userId: 'u1', itemId: 'a' }, { userId: 'u2', itemId: 'a' }),
    beside: [rowOf({ split: 'valid', userId: 'u1', itemId: 'a' }, ['another prompt'])],
  },
  {
    kind: 'short-history',
    settings: { items: 2 },
    ...two({ historyInteractions: [1] }, { historyInteractions: [1, 2] }),
  },
  {
    kind: 'tied-targets',
    log: logOf(events('u1', [5, 6, 6, 7])),
    ...two({ target: 3, historyInteractions: [1, 2] }, { target: 4, historyInteractions: [2, 3] }),
  },
  {
    kind: 'stale-history',
    settings: { days: 2 },
    log: logOf(events('u1', [0, 86_400, 86_400 * 4])),
    ...two({ target: 3, historyInteractions: [1, 2] }, { target: 2, historyInteractions: [1] }),
  },
  {
    kind: 'old-targets',
    settings: { share: 0.5 },
    log: logOf(events('u1', [1, 2, 3, 4])),
    takes: [rowOf({ target: 1 }), rowOf({ target: 2 })],
    leaves: [rowOf({ target: 3 }), rowOf({ target: 4 })],
  },
];

describe('filters', () => {
  it('are 25 at least, and each has a case here, a sentence and a place in the splits', () => {
    const kinds = FILTERS.map((schema) => schema.shape.kind.value as string);
    expect(new Set(kinds).size).toBeGreaterThanOrEqual(25);
    const tested = new Set([...CASES.map(({ kind }) => kind), 'cold-users', 'long-prompts', 'short-prompts']);
    expect(kinds.filter((kind) => !tested.has(kind as FilterStep['kind']))).toEqual([]);
    for (const schema of STEPS) {
      expect((schema.description ?? '').length).toBeGreaterThan(20);
      if (schema.shape.kind.value !== 'sample')
        expect(schema.parse({ kind: schema.shape.kind.value })).toHaveProperty('splits', ['train']);
    }
  });

  it.each(CASES)(
    '$kind takes and leaves what it says ($#)',
    ({ kind, settings, log = logOf([{}]), titles = {}, takes, leaves, beside = [] }) => {
      const items = [...new Set([...log.map(({ itemId }) => itemId), ...Object.keys(titles)])];
      const named = items.map((itemId) => ({ itemId }));
      const known = new Set(log.map(({ itemId }) => itemId));
      const extra = named
        .filter(({ itemId }) => !known.has(itemId))
        .map((event, i) => ({ ...logOf([event])[0], logIndex: 1000 + i, userId: 'nobody' }) as Interaction);
      importInvented(studio.store, [...log, ...extra], titles);
      const version = keepVersion(studio.store, [...takes, ...leaves, ...beside]);
      const stage = new Stage(studio.store, version, studio.studio);
      const step = FilterStep.parse({ kind, ...settings });
      const { judge, verdicts: made } = judged(step, stage, 'train');
      const verdicts = Array.from(made, ([, verdict]) => verdict);
      expect([...stage.rows('train')].map(judge)).toEqual(verdicts); // rows with their texts are judged alike
      expect(verdicts.slice(0, takes.length).map((why) => typeof why)).toEqual(takes.map(() => 'string'));
      expect(verdicts.slice(takes.length, takes.length + leaves.length)).toEqual(leaves.map(() => undefined));
    },
  );

  it('cold-users takes rows of users who are not in train', () => {
    importInvented(studio.store, logOf([{}]));
    const rows = [
      rowOf({ userId: 'known' }),
      rowOf({ split: 'test', userId: 'known' }),
      rowOf({ split: 'test', userId: 'cold' }),
    ];
    const stage = new Stage(studio.store, keepVersion(studio.store, rows), studio.studio);
    const { verdicts } = judged({ kind: 'cold-users', splits: ['test'] }, stage, 'test');
    expect(Array.from(verdicts, ([, verdict]) => verdict)).toEqual([undefined, 'the user has no row in train']);
  });

  it('judges rows as the steps before changed them, with their texts and without', () => {
    importInvented(studio.store, logOf([{}]));
    const rows = [rowOf({ label: true }), rowOf({ label: true })];
    const stage = new Stage(studio.store, keepVersion(studio.store, rows), studio.studio);
    expect([...stage.facts('train')].map(({ label }) => label)).toEqual([true, true]);
    stage.change('train', (row) => ({ changed: { ...row, label: row.row === 0 }, audit: { label: 1 } }));
    stage.remove('train', [0]);
    expect([...stage.facts('train')].map(({ label }) => label)).toEqual([false]);
    expect(stage.left('train')).toBe(1);
  });

  it('says so when the log is another one than the version was built from', () => {
    importInvented(studio.store, logOf([{}]), {}, 'b'.repeat(64));
    const stage = new Stage(studio.store, keepVersion(studio.store, [rowOf()]), studio.studio);
    expect(() => stage.log.itemOf('u', 1)).toThrow('the log "invented" was imported again, with other content');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnRoles } from '../../src/builders/column-roles.js';
import { type LogKnowledge, TrainKnowledge } from '../../src/builders/log-knowledge.js';
import { collaborativeEvidence } from '../../src/builders/slots/collaborative.js';
import { explain } from '../../src/builders/slots/explanation.js';
import { specificNeed, vagueNeed, withoutTitle } from '../../src/builders/slots/need.js';
import { thoughts } from '../../src/builders/slots/reasoning.js';
import { tasteInWords } from '../../src/builders/slots/taste.js';
import { fieldValues, ITEM_HELPERS, TEXT_HELPERS } from '../../src/builders/template-helpers.js';
import type { Interaction, Item } from '../../src/core/interaction.js';

const log: LogKnowledge = {
  items: new Map(),
  users: new Map(),
  roles: columnRoles({}, new Set(['genres', 'tags']), new Set(['review', 'summary'])),
  scale: [],
  categories: ['Comedy', 'Drama', 'War'],
  train: new TrainKnowledge(() => []),
};
const item = (title: string, genres = '', tags = '', tagTimes = ''): Item => ({
  itemId: title,
  title,
  attributes: { genres, tags, tagTimes },
});
const event = (change: Partial<Interaction> = {}): Interaction => ({
  userId: 'u',
  itemId: 'i',
  rating: 4,
  timestamp: 100,
  logIndex: 1,
  attributes: {},
  ...change,
});
const reviewed = (review: string, summary = ''): Interaction => event({ attributes: { review, summary } });

describe('a taste in words', () => {
  it.each([
    {
      history: [
        ['Drama', true],
        ['Drama|War', true],
        ['Comedy', false],
      ],
      expected: 'Drama (2 of 2 liked), War (1 of 2 liked); not Comedy (1 disliked)',
    },
    { history: [['Comedy', false]], expected: 'nothing in particular; not Comedy (1 disliked)' },
    {
      history: [
        ['Drama', true],
        ['Drama', false],
      ],
      expected: undefined,
    },
    { history: [['', true]], expected: undefined },
  ] as const)('of $history is $expected', ({ history, expected }) => {
    expect(
      tasteInWords(
        history.map(([genres, liked]) => ({ item: item('x', genres), liked })),
        log,
      ),
    ).toBe(expected);
  });
});

describe('a vague need', () => {
  it.each([
    { review: 'I needed a gift. It had to be quick.', expected: 'I needed a gift. It had to be quick.' },
    { review: 'Love the Blue Card for my son! Really.', expected: 'Love the it for my son! Really.' },
    { review: 'Great.', expected: undefined },
    { review: '   ', expected: undefined },
  ])('from $review is $expected', ({ review, expected }) => {
    expect(vagueNeed(reviewed(review), item('Blue Card (2004)'), log)).toBe(expected);
  });

  it('is at most 200 characters long and never names the title, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 2, maxLength: 20 }),
        fc.string({ maxLength: 300 }),
        fc.string({ maxLength: 300 }),
        (title, before, after) => {
          const need = vagueNeed(reviewed(`${before} ${title} ${after}`), item(title), log);
          if (need === undefined) return;
          expect(need.length).toBeLessThanOrEqual(200);
        },
      ),
    );
  });

  it.each(['E-mail (x)*', 'a.b', '$1', '[z]', 'C++'])('takes the title %s out as it is written', (title) => {
    expect(withoutTitle(`I bought ${title} today`, title)).toBe('I bought it today');
  });
});

describe('a specific need', () => {
  it('joins categories and the first tags that the item had before, none that names the title', () => {
    const tagged = item('Capote (2005)', 'Drama', 'capote|slow|true story|late', '1|2|3|100');
    expect(specificNeed(event(), tagged, log)).toBe('drama, slow, true story');
    expect(specificNeed(event({ timestamp: 3 }), tagged, log)).toBe('drama, slow');
    expect(specificNeed(event(), item('x'), log)).toBeUndefined();
  });
});

describe('thoughts', () => {
  const history = [{ item: item('a', 'Drama'), liked: true }];

  it('say of a judged item what it shares with the taste', () => {
    const shown = (genres: string) => [{ item: item('t', genres), letter: undefined }];
    expect(thoughts({ history, need: undefined, shown: shown('Drama|War') }, log)).toBe(
      'The user mostly likes Drama, and this is Drama.',
    );
    expect(thoughts({ history, need: undefined, shown: shown('War') }, log)).toBe(
      'The user mostly likes Drama, and this is none of it.',
    );
  });

  it('say of candidates which fit, whichever the target is', () => {
    const shown = [
      { item: item('x', 'War'), letter: 'A' },
      { item: item('y', 'Drama'), letter: 'B' },
    ];
    expect(thoughts({ history, need: undefined, shown }, log)).toBe(
      'The user mostly likes Drama; of these it is found in B.',
    );
    expect(thoughts({ history: [], need: 'war, drama', shown }, log)).toBe(
      'The need is war and drama; of these it is found in A and B.',
    );
  });

  it('are none without a taste', () => {
    expect(thoughts({ history: [], need: undefined, shown: [] }, log)).toBeUndefined();
  });
});

describe('collaborative evidence', () => {
  it('counts users of train with two items in common, before the target, and never the user', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ user: fc.nat(4), item: fc.nat(4), liked: fc.boolean(), timestamp: fc.nat(20) }), {
          maxLength: 40,
        }),
        fc.uniqueArray(fc.nat(4), { minLength: 2, maxLength: 3 }),
        fc.nat(20),
        (events, history, now) => {
          const train = new TrainKnowledge(() =>
            events.map(({ user, item: id, liked, timestamp }, i) => ({
              interaction: event({ userId: `u${user}`, itemId: `i${id}`, timestamp, logIndex: i + 2 }),
              liked,
            })),
          );
          const target = event({ userId: 'u0', itemId: 'i4', timestamp: now });
          const shown = history.filter((id) => id !== 4).map((id) => event({ itemId: `i${id}` }));
          const alike = [1, 2, 3, 4].filter((user) => {
            const met = events.filter(
              (one) => one.user === user && shown.some(({ itemId }) => itemId === `i${one.item}`),
            );
            return met.length >= Math.min(2, shown.length);
          });
          const asked = events.filter((one) => alike.includes(one.user) && one.item === 4 && one.timestamp < now);
          const expected =
            asked.length === 0
              ? undefined
              : `${asked.filter(({ liked }) => liked).length} of ${asked.length} users who know 2 or more of these liked it`;
          expect(collaborativeEvidence({ userId: 'u0', history: shown, target, fromLast: 0 }, train)).toBe(expected);
        },
      ),
    );
  });
});

describe('an explanation', () => {
  it('is the first sentence of four words or more, and its feature the longest word', () => {
    expect(explain(reviewed('Great! The delivery was surprisingly fast. I like it.'), log)).toEqual({
      sentence: 'The delivery was surprisingly fast.',
      feature: 'surprisingly',
    });
    expect(explain(reviewed('Great!'), log)).toBeUndefined();
  });

  it('is not what the headline says, where the prompt shows it', () => {
    const event = reviewed('Worked as it should. The card came by mail.', 'Worked as it should.');
    expect(explain(event, log)?.sentence).toBe('Worked as it should.');
    expect(explain(event, log, true)?.sentence).toBe('The card came by mail.');
  });
});

describe('the helpers', () => {
  it.each([
    { helper: 'article', text: 'Matrix, The (1999)', expected: 'The Matrix (1999)' },
    { helper: 'article', text: "Avventura, L' (1960)", expected: "L'Avventura (1960)" },
    { helper: 'article', text: 'Good, the Bad and the Ugly, The', expected: 'The Good, the Bad and the Ugly' },
    { helper: 'article', text: 'Heat (1995)', expected: 'Heat (1995)' },
    { helper: 'quote', text: 'The "Quiet" One', expected: `"The 'Quiet' One"` },
    { helper: 'starWords', text: '1', expected: '1 star' },
    { helper: 'starWords', text: '4.5', expected: '4.5 stars' },
    { helper: 'oneLine', text: ' a\n\n b\tc ', expected: 'a b c' },
  ] as const)('$helper turns $text into $expected', ({ helper, text, expected }) => {
    expect(TEXT_HELPERS[helper](text)).toBe(expected);
  });

  it('fieldValues names title and declared fields, those that are empty left out', () => {
    expect(ITEM_HELPERS.fieldValues).toBe(fieldValues);
    expect(fieldValues({ title: 'X', a: 'p|q', b: ' ' }, ['a', 'b'])).toBe('title is X, a is p, q');
  });
});

it('a role that names no attribute is refused, with the nearest one', () => {
  expect(() => columnRoles({ review: 'reviw' }, new Set(), new Set(['review']), 'r.yaml: columns')).toThrow(
    expect.objectContaining({
      kind: 'usage',
      where: 'r.yaml: columns.review',
      fix: expect.stringContaining('did you mean "review"?'),
    }),
  );
});

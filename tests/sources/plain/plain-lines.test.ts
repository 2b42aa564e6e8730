import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InteractionsSpec } from '../../../src/core/source-spec.js';
import { openDelimited } from '../../../src/sources/delimited-table.js';
import { layoutOf, lines } from '../../../src/sources/lines.js';
import { PlainLines } from '../../../src/sources/plain/plain-lines.js';
import { newTally } from '../../../src/sources/table.js';
import { parseRating, parseTimestamp } from '../../../src/sources/values.js';

const columns = { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' };
const byPlace = { user: 1, item: 0, rating: 2, timestamp: 3 };

/** Ways in which a file is cut; `d` is the delimiter that its lines are written with. */
const SPECS: readonly { name: string; d: string; spec: object }[] = [
  { name: 'CSV', d: ',', spec: { columns } },
  { name: 'CSV without times', d: ',', spec: { columns: { user: 'user', item: 'item', rating: 'stars' } } },
  { name: 'CSV with users and items alone', d: ',', spec: { columns: { user: 'time', item: 'stars' } } },
  { name: 'CSV in milliseconds', d: ',', spec: { columns, timestampUnit: 'milliseconds' } },
  { name: 'CSV in microseconds', d: ',', spec: { columns, timestampUnit: 'microseconds' } },
  { name: 'CSV with ISO dates', d: ',', spec: { columns, timestampUnit: 'iso' } },
  { name: 'CSV with written dates', d: ',', spec: { columns, timestampUnit: 'YYYY/MM/DD' } },
  {
    name: 'tabs without a header or quotes',
    d: '\t',
    spec: { delimiter: '\t', header: false, quote: 'none', columns: byPlace },
  },
  {
    name: 'two colons in latin-1',
    d: '::',
    spec: { delimiter: '::', header: 'auto', encoding: 'latin-1', columns: byPlace },
  },
  { name: 'semicolons in windows-1252', d: ';', spec: { delimiter: ';', encoding: 'windows-1252', columns } },
  { name: 'ratings with a comma', d: ';', spec: { delimiter: ';', decimal: ',', columns } },
  {
    name: 'lines above the table',
    d: ',',
    spec: { skipLines: 2, header: false, columns: byPlace },
  },
  { name: 'spaces', d: ' ', spec: { delimiter: ' ', columns } },
  { name: 'a delimiter that is a letter', d: 'k', spec: { delimiter: 'k', header: false, columns: byPlace } },
  { name: 'CSV with escaped quotes', d: ',', spec: { escape: '\\', columns } },
];

const user = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 30 }).map((n) => `u${n}`) },
  { weight: 4, arbitrary: fc.nat({ max: 30 }).map(String) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      'user',
      '007',
      '7',
      ' u1',
      'u1 ',
      'é',
      'éa',
      '€',
      '\u00a0',
      '\ufeffu',
      'a long user name',
      'u"1',
      'U',
      '中文',
      '\ufffd',
    ),
  },
);
const rating = fc.constantFrom(
  '5',
  '3.5',
  '4',
  '.5',
  '5.',
  '-1',
  '-0',
  '+2',
  '1e1',
  ' 3',
  '',
  'x',
  '1.2.3',
  'NaN',
  '12345678901234567890',
  '0.1000000000000000055',
  '4,5',
  '4,25',
  '1.234,5',
);
const time = fc.constantFrom(
  '0',
  '978300760',
  '1112486027000',
  '1112486027000123',
  '-1',
  '1e9',
  '99999999999999999',
  '978300760.9',
  '',
  'soon',
  '2001-02-03',
  '2001-02-30',
  '2001-02-03T04:05:06Z',
  '2001-02-03 04:05:06',
  '2001-02-03T04:05:06.5+02:00',
  '1969-12-31',
  '2001/02/03',
  '2001/2/3',
);
const field = fc.oneof(
  { weight: 6, arbitrary: user },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"a,b"',
      '"a""b"',
      '"a\nb"',
      '"a\r\nb"',
      '"',
      '""',
      '"a"b',
      'a"',
      '\\"',
      '"a\\"b"',
      '\0',
      '\r',
      ':',
      '::',
      '\x80',
    ),
  },
);
const ending = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r\n', '\r', '\n\n');

/** Lines of which most are plain. `ahead`: lines before them, which a file without a header is told by. */
function content(d: string, date: string, ahead: number): fc.Arbitrary<Buffer> {
  const plain = fc.tuple(user, user, rating, time).map((fields) => fields.join(d));
  const easy = fc
    .tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.nat({ max: 5 }), fc.nat({ max: 1e6 }))
    .map(([a, b, c, e]) => [`u${a}`, `i${b}`, c, e].join(d));
  const dated = easy.map((text) => `${text.slice(0, text.lastIndexOf(d))}${d}${date}`);
  const quoted = fc
    .tuple(field, field, rating, time)
    .map((fields) => fields.map((one) => (one.startsWith('"') ? one : `"${one}"`)).join(d));
  const odd = fc.array(field, { maxLength: 6 }).map((fields) => fields.join(d));
  const line = fc.oneof(
    { weight: 6, arbitrary: easy },
    { weight: 12, arbitrary: dated },
    { weight: 6, arbitrary: plain },
    { weight: 3, arbitrary: quoted },
    { weight: 2, arbitrary: odd },
    {
      weight: 1,
      arbitrary: fc.constantFrom(`user${d}item${d}stars${d}time`, `"user"${d}item${d}stars${d}time`, '', ' '),
    },
  );
  const only = fc.constantFrom('\n', '\r\n', '\r');
  const same = fc.tuple(fc.array(line, { maxLength: 40 }), only).map(([all, end]) => all.map((text) => text + end));
  const mixed = fc.array(
    fc.tuple(line, ending).map((pair) => pair.join('')),
    { maxLength: 40 },
  );
  const begin = fc.constantFrom(
    `user${d}item${d}stars${d}time\n`,
    `user${d}item${d}stars${d}time\r\n`,
    `"user"${d}"item"${d}stars${d}time\n`,
    `time${d}stars${d}user${d}item\n`,
    `\ufeffuser${d}item${d}stars${d}time\n`,
    '',
  );
  const text = fc
    .tuple(begin, fc.oneof(same, mixed))
    .map(([head, all]) => Buffer.from(head + `u0${d}i0${d}1${d}1\n`.repeat(ahead) + all.join('')));
  const bytes = fc.tuple(
    text,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 0x0a, 0x0d, 0x22, 0x80, 0xc3, 0xff, 0x2c)), { maxLength: 3 }),
  );
  return bytes.map(([whole, changes]) => {
    for (const [at, byte] of changes) if (whole.length > 0) whole[at % whole.length] = byte;
    return whole;
  });
}

interface Found {
  readonly rows: { own: string | null; line: number; user: string; item: string; rating: number; time: number }[];
  readonly rejects: { line: number; offset: number | null; reason: string; text: string }[];
  readonly users: string[];
  readonly items: string[];
  readonly emptyLines: number;
  readonly error: string | undefined;
  readonly skimmed: number;
}

/** What the readers of lines, rows and values say of a file; with `plain` after lines were taken from the bytes. */
function read(bytes: Buffer, size: number, described: object, plain: boolean): Found {
  const spec = InteractionsSpec.parse({ file: 'x', ...described });
  const [users, items] = [new Map<string, number>(), new Map<string, number>()];
  const rows: Found['rows'] = [];
  const rejects: Found['rejects'] = [];
  const tally = newTally();
  let [skimmed, error]: [number, string | undefined] = [0, undefined];
  const position = (known: Map<string, number>, id: string) => {
    if (!known.has(id)) known.set(id, known.size);
    return known.get(id) as number;
  };
  const reject = ({ line, offset }: { line: number; offset: number | null }, reason: string, text: string) =>
    void rejects.push({ line, offset, reason, text });
  const sink = {
    user: (id: string) => position(users, id),
    item: (id: string) => (id === 'u3' ? undefined : position(items, id)), // as if the item file lacked it
    attributes: (values: readonly string[]) => JSON.stringify(values),
    add: (of: number, at: number, rated: number, when: number, line: number, own: string | null) =>
      void rows.push({
        own,
        line,
        user: [...users.keys()][of] as string,
        item: [...items.keys()][at] as string,
        rating: rated,
        time: when,
      }),
  };
  const layout = layoutOf(bytes, spec.encoding);
  const reader = lines(cutInto(bytes, size), layout);
  try {
    const chunks = (function* (): Generator<Uint8Array, void> {})();
    const table = openDelimited({ path: 'x', spec, lines: reader, chunks, layout, tally, reject, correct: '' });
    const [ofUser, ofItem] = [table.column(spec.columns.user), table.column(spec.columns.item)];
    const ofRating = spec.columns.rating === undefined ? undefined : table.column(spec.columns.rating);
    const ofTime = spec.columns.timestamp === undefined ? undefined : table.column(spec.columns.timestamp);
    const attributes = [ofItem, ofRating ?? Number.MAX_SAFE_INTEGER]; // no row has the latter
    const places = { user: ofUser, item: ofItem, rating: ofRating, timestamp: ofTime, attributes };
    const skim = plain && table.lines && new PlainLines(sink, spec).skim(table.lines, places, 0);
    const counted = skim
      ? () => {
          const taken = skim();
          skimmed += taken;
          return taken;
        }
      : undefined;
    for (const row of table.rows(counted)) {
      const [userId, itemId] = [row.fields[ofUser] as string, row.fields[ofItem] as string];
      const rated =
        ofRating === undefined
          ? { value: Number.NaN }
          : parseRating(row.fields[ofRating] as string, spec.decimal === ',');
      const when =
        ofTime === undefined ? { value: Number.NaN } : parseTimestamp(row.fields[ofTime] as string, spec.timestampUnit);
      if (userId.trim() === '') reject(row, 'user', row.text);
      else if (itemId.trim() === '') reject(row, 'item', row.text);
      else if ('problem' in rated) reject(row, rated.problem, row.text);
      else if ('problem' in when) reject(row, when.problem, row.text);
      else if (sink.item(itemId) === undefined) reject(row, 'lacks', row.text);
      else {
        const own = sink.attributes(attributes.map((place) => row.fields[place] ?? ''));
        sink.add(sink.user(userId), sink.item(itemId) as number, rated.value, when.value, row.line, own);
      }
    }
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return {
    rows,
    rejects,
    users: [...users.keys()],
    items: [...items.keys()],
    emptyLines: tally.emptyLines,
    error,
    skimmed,
  };
}

function cutInto(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    Buffer.from(bytes.subarray(i * size, (i + 1) * size)),
  );
}

it.each(SPECS)('gives of any file what the readers of rows give: $name', ({ d, spec }) => {
  let taken = 0;
  const date = JSON.stringify(spec).includes('YYYY') ? '2001/02/03' : '2001-02-03';
  const ahead = 'header' in spec ? 101 : 0;
  fc.assert(
    fc.property(
      content(d, date, ahead),
      fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1 << 20)),
      (bytes, size) => {
        const { skimmed, ...found } = read(bytes, size, spec, true);
        expect({ ...found, skimmed: 0 }).toEqual(read(bytes, size, spec, false));
        taken += skimmed;
      },
    ),
    { numRuns: 150 },
  );
  expect(taken).toBeGreaterThan(5); // else nothing was compared
});

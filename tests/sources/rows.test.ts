import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Encoding, type Line, lines } from '../../src/sources/lines.js';
import { type Row, rows } from '../../src/sources/rows.js';

const LF = { newline: 0x0a, byteOrderMark: false } as const;

function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks = [];
  for (let begin = 0; begin < bytes.length; begin += size) chunks.push(bytes.slice(begin, begin + size));
  return chunks;
}

function linesOf(content: string | Uint8Array, encoding: Encoding = 'utf-8', size = 1 << 20, layout = LF): Line[] {
  return [...lines(chunksOf(Buffer.from(content as string), size), encoding, layout)];
}

function rowsOf(content: string | Uint8Array, delimiter: string, quote: string | undefined, size = 1 << 20): Row[] {
  return [...rows(lines(chunksOf(Buffer.from(content as string), size), 'utf-8', LF), delimiter, quote)];
}

/** The definition itself, slow: at each begin of a row, does a whole row of RFC 4180 match from here? If not, the line is broken. */
function slowRows(text: string, delimiter: string): Row[] {
  const d = delimiter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const field = `(?:"(?:[^"]|"")*"|(?!")(?:(?!\\r\\n|\\n|${d})[^])*)`;
  const whole = new RegExp(`(${field}(?:${d}${field})*)(?:\\r\\n|\\n|$(?![^]))`, 'y');
  const found: Row[] = [];
  for (let at = 0; at < text.length; ) {
    const line = text.slice(0, at).split('\n').length;
    whole.lastIndex = at;
    const match = whole.exec(text);
    if (match?.[1] !== undefined) {
      const raw = match[1];
      at += match[0].length;
      if (raw === '') found.push({ kind: 'empty', line });
      else found.push({ kind: 'row', line, text: raw, fields: slowFields(raw, delimiter) });
    } else {
      const end = text.indexOf('\n', at);
      const raw = text.slice(at, end < 0 ? undefined : end).replace(end < 0 ? /$/ : /\r$/, '');
      found.push({ kind: 'problem', line, text: raw, problem: expect.any(String) });
      at = end < 0 ? text.length : end + 1;
    }
  }
  return found;
}

/** Character by character. */
function slowFields(row: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0, begin = 0; at < row.length; ) {
    if (!quoted && at === begin && row[at] === '"') {
      quoted = true;
      at += 1;
    } else if (quoted && row.startsWith('""', at)) {
      field += '"';
      at += 2;
    } else if (quoted && row[at] === '"') {
      quoted = false;
      at += 1;
    } else if (!quoted && row.startsWith(delimiter, at)) {
      fields.push(field);
      field = '';
      at += delimiter.length;
      begin = at;
    } else {
      field += row.charAt(at);
      at += 1;
    }
  }
  return [...fields, field];
}

it('agrees with the grammar on any text of quotes, delimiters and line ends, however it is cut into chunks', () => {
  const piece = fc.constantFrom('"', '"', ',', ',', '::', ':', '\n', '\n', '\r\n', '\r', 'a', 'é', '""', '",', ',"');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
      fc.constantFrom(',', '::'),
      fc.integer({ min: 1, max: 9 }),
      (text, delimiter, size) => {
        expect(rowsOf(text, delimiter, '"', size)).toEqual(slowRows(text, delimiter));
      },
    ),
    { numRuns: 3000 },
  );
});

it('reads what was written, at the line where it was written, with bad lines in between', () => {
  const value = fc.string({ unit: fc.constantFrom('a', 'ö', ' ', '"', ',', '\n', '\r\n', '|', '\u{1f3ac}') });
  const good = fc.record({
    fields: fc.array(value, { minLength: 2, maxLength: 5 }),
    quoteAll: fc.boolean(),
  });
  const bad = fc.constantFrom(
    { bytes: Buffer.from('x,\0y'), problem: 'NUL byte' },
    { bytes: Buffer.from([0x61, 0xff, 0x2c]), problem: 'bytes that are not UTF-8' },
    { bytes: Buffer.from('x,"y"z,"'), problem: 'text behind a closing quote' },
  );
  const empty = fc.constant('empty' as const);
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 4, arbitrary: good }, bad, empty)),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      (table, ending, finalEnding, size) => {
        const written: Buffer[] = [];
        const expected: unknown[] = [];
        let line = 1;
        for (const entry of table) {
          if (entry === 'empty') {
            written.push(Buffer.from(''));
            expected.push({ kind: 'empty', line });
          } else if ('bytes' in entry) {
            written.push(entry.bytes);
            expected.push(expect.objectContaining({ kind: 'problem', line, problem: entry.problem }));
          } else {
            const text = entry.fields.map((field) => write(field, entry.quoteAll)).join(',');
            written.push(Buffer.from(text));
            expected.push({ kind: 'row', line, text, fields: entry.fields });
            line += text.split('\n').length - 1;
          }
          line += 1;
        }
        const last = table.at(-1);
        const end = finalEnding || last === 'empty' ? ending : '';
        const separated = written.flatMap((bytes, index) => [
          bytes,
          Buffer.from(index === written.length - 1 ? end : ending),
        ]);
        expect(rowsOf(Buffer.concat(separated), ',', '"', size)).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

function write(field: string, always: boolean): string {
  return always || /^"|[,\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

it('takes each line as a row when there is no quoting', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ' ', 'é', "'"), minLength: 1 });
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 4 })),
      fc.constantFrom('\t', '|', '::'),
      (table, delimiter) => {
        const text = table.map((fields) => `${fields.join(delimiter)}\n`).join('');
        const read = rowsOf(text, delimiter, undefined).map((row) =>
          row.kind === 'row' ? [row.line, row.fields] : row,
        );
        expect(read).toEqual(table.map((fields, index) => [index + 1, fields]));
      },
    ),
  );
});

it('loses only the line with a stray quote, not the rest of the file', () => {
  const text = '1,a\n2,"stray\n3,c\n4,"good, with comma"\n5,e\n6,"never closed\n7,g\n';
  expect(rowsOf(text, ',', '"').map((row) => [row.line, row.kind])).toEqual([
    [1, 'row'],
    [2, 'problem'],
    [3, 'row'],
    [4, 'row'],
    [5, 'row'],
    [6, 'problem'],
    [7, 'row'],
  ]);
});

it('does not look for a closing quote further than a thousand lines', () => {
  const text = `"open\n${'x\n'.repeat(1500)}"\n`;
  const read = rowsOf(text, ',', '"');
  expect(read[0]).toMatchObject({ kind: 'problem', line: 1, problem: 'quote that is not closed' });
  expect(read.filter((row) => row.kind === 'row')).toHaveLength(1500);
  expect(read.at(-1)).toMatchObject({ kind: 'problem', line: 1502 });
});

it('gives up a quoted field at a line that cannot be read, and reads on behind it', () => {
  const bytes = Buffer.concat([Buffer.from('1,"a\nb'), Buffer.from([0xff]), Buffer.from('"\n2,c\n')]);
  expect(rowsOf(bytes, ',', '"').map((row) => [row.line, row.kind])).toEqual([
    [1, 'problem'],
    [2, 'problem'],
    [3, 'row'],
  ]);
});

it('reads every byte of latin-1 as the character of that number', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0 && byte !== 10);
  const [line] = linesOf(bytes, 'latin-1');
  expect(line?.text).toBe(String.fromCharCode(...bytes));
  expect(line?.problem).toBeUndefined();
});

it('knows the replacement character itself from bytes that are not UTF-8', () => {
  expect(linesOf('a\ufffdb\n')[0]?.problem).toBeUndefined();
  expect(linesOf(Uint8Array.of(0x61, 0xc3, 0x0a))[0]?.problem).toBe('bytes that are not UTF-8');
});

it('does not keep an over-long line, and counts on behind it', () => {
  const text = `first\n${'x'.repeat(3 << 20)}\nthird\n`;
  const read = linesOf(text, 'utf-8', 100_000);
  expect(read.map((line) => [line.number, line.problem])).toEqual([
    [1, undefined],
    [2, 'line longer than 1048576 bytes'],
    [3, undefined],
  ]);
  expect(read[1]?.text.length).toBeLessThan(5000);
});

it.each([
  { case: 'a byte order mark', content: '\ufeffa\nb', layout: { newline: 0x0a, byteOrderMark: true } as const },
  { case: 'lines that end with CR alone', content: 'a\rb\r', layout: { newline: 0x0d, byteOrderMark: false } as const },
  { case: 'lines that end with CR LF', content: 'a\r\nb\r\n', layout: LF },
])('reads a file with $case', ({ content, layout }) => {
  expect([...lines([Buffer.from(content)], 'utf-8', layout)].map(({ number, text }) => [number, text])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
});

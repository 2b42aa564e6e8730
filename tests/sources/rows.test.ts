import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Encoding } from '../../src/core/source-spec.js';
import { type Layout, type Line, layoutOf, lines } from '../../src/sources/lines.js';
import { type Row, rows } from '../../src/sources/rows.js';

const LF: Layout = { newline: 0x0a, byteOrderMark: 0, decoding: 'utf-8' };

function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks = [];
  for (let begin = 0; begin < bytes.length; begin += size) chunks.push(bytes.slice(begin, begin + size));
  return chunks;
}

function linesOf(content: string | Uint8Array, encoding: Encoding = 'utf-8', size = 1 << 20): Line[] {
  const bytes = Buffer.from(content as string);
  return [...lines(chunksOf(bytes, size), layoutOf(bytes, encoding))];
}

function rowsOf(content: string | Uint8Array, delimiter: string, quote: string | undefined, size = 1 << 20): Row[] {
  return [...rows(lines(chunksOf(Buffer.from(content as string), size), LF), delimiter, quote)];
}

/** The definition itself, slow: at each begin of a row, does a whole row of RFC 4180 match from here? If not, the line is broken. */
function slowRows(text: string, delimiter: string): Row[] {
  const d = delimiter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const field = `(?:"(?:[^"]|"")*"|(?!")(?:(?!\\r\\n|\\n|${d})[^])*)`;
  const whole = new RegExp(`(${field}(?:${d}${field})*)(?:\\r\\n|\\n|$(?![^]))`, 'y');
  const found: Row[] = [];
  for (let at = 0; at < text.length; ) {
    const place = { line: text.slice(0, at).split('\n').length, offset: Buffer.byteLength(text.slice(0, at)) };
    whole.lastIndex = at;
    const match = whole.exec(text);
    if (match?.[1] !== undefined) {
      const raw = match[1];
      at += match[0].length;
      if (raw === '') found.push({ kind: 'empty', ...place });
      else found.push({ kind: 'row', ...place, text: raw, fields: slowFields(raw, delimiter) });
    } else {
      const end = text.indexOf('\n', at);
      const raw = text.slice(at, end < 0 ? undefined : end).replace(end < 0 ? /$/ : /\r$/, '');
      found.push({ kind: 'problem', ...place, text: raw, problem: expect.any(String) });
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
            expected.push(expect.objectContaining({ kind: 'empty', line }));
          } else if ('bytes' in entry) {
            written.push(entry.bytes);
            expected.push(expect.objectContaining({ kind: 'problem', line, problem: entry.problem }));
          } else {
            const text = entry.fields.map((field) => write(field, entry.quoteAll)).join(',');
            written.push(Buffer.from(text));
            expected.push(expect.objectContaining({ kind: 'row', line, text, fields: entry.fields }));
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
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte).filter(
    (byte) => byte !== 0 && byte !== 10 && byte !== 13,
  );
  const [line] = linesOf(bytes, 'latin-1');
  expect(line?.text).toBe(String.fromCharCode(...bytes));
  expect(line?.problem).toBeUndefined();
});

it('knows the replacement character itself from bytes that are not UTF-8', () => {
  expect(linesOf('a\ufffdb\n')[0]?.problem).toBeUndefined();
  expect(linesOf(Uint8Array.of(0x61, 0xc3, 0x0a))[0]?.problem).toBe('bytes that are not UTF-8');
});

it('does not keep an over-long line, and counts on behind it', () => {
  const text = `first\n${'x'.repeat(6 << 20)}\nthird\n`;
  const read = linesOf(text, 'utf-8', 100_000);
  expect(read.map((line) => [line.number, line.problem])).toEqual([
    [1, undefined],
    [2, 'line longer than 4194304 bytes'],
    [3, undefined],
  ]);
  expect(read[1]?.text.length).toBeLessThan(5000);
});

it.each([
  { case: 'a byte order mark', content: '\ufeffa\nb' },
  { case: 'lines that end with CR alone', content: 'a\rb\r' },
  { case: 'lines that end with CR LF', content: 'a\r\nb\r\n' },
])('reads a file with $case, in UTF-8 and in UTF-16 of either order', ({ content }) => {
  const little = Buffer.from(content, 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const bytes of [Buffer.from(content), little, big]) {
    const encoding = bytes.length === Buffer.byteLength(content) ? 'utf-8' : 'utf-16';
    for (const size of [1, 2, 3, 100]) {
      expect(linesOf(bytes, encoding, size).map(({ number, text }) => [number, text])).toEqual([
        [1, 'a'],
        [2, 'b'],
      ]);
    }
  }
});

it('gives back any lines in any encoding, each at the byte where it stands', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é', '€', '\u0a0a', '\u0a00', '\u{1f3ac}', ',') });
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('utf-8', 'utf16le', 'utf16be'),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      (written, ending, code, marked, size) => {
        const bytesOf = (text: string): Buffer => {
          const bytes = Buffer.from(text, code === 'utf-8' ? 'utf8' : 'utf16le');
          return code === 'utf16be' ? bytes.swap16() : bytes;
        };
        const isMarked = marked || code !== 'utf-8';
        const content = `${isMarked ? '\ufeff' : ''}${written.map((text) => text + ending).join('')}`;
        const read = linesOf(bytesOf(content), 'utf-8', size);
        expect(read.map(({ text, problem }) => [text, problem])).toEqual(written.map((text) => [text, undefined]));
        let before = isMarked ? '\ufeff' : '';
        for (const [i, { offset }] of read.entries()) {
          expect(offset).toBe(i === 0 ? 0 : bytesOf(before).length);
          before += written[i] + ending;
        }
      },
    ),
  );
});

it('tells bytes that are no UTF-16 from those that are, and loses their line alone', () => {
  const bytes = Buffer.concat([Buffer.from('\ufeffa\n\ud83c\nb\nc', 'utf16le'), Buffer.of(0x61)]);
  expect(linesOf(bytes).map(({ text, problem }) => [text.slice(0, 1), problem])).toEqual([
    ['a', undefined],
    ['\ud83c', 'bytes that are not UTF-16'],
    ['b', undefined],
    ['c', 'bytes that are not UTF-16'],
  ]);
});

it('reads windows-1252 where it has characters that latin-1 has not', () => {
  const [line] = linesOf(Uint8Array.of(0x80, 0x93, 0xe9, 0x94, 0x99, 0x9f, 0x81), 'windows-1252');
  expect(line).toMatchObject({ text: '\u20ac\u201cé\u201d\u2122\u0178\x81', problem: undefined });
});

it('reads an escaped quote as one of the text, where the file is said to escape them', () => {
  const text = ['1,"Der \\"Rest\\", neu",x', '2,"a ""b""",y', '3,"ends\\\\",z', ''].join('\n');
  const read = [...rows(lines([Buffer.from(text)], LF), ',', '"', '\\')];
  expect(read.map((row) => row.kind === 'row' && row.fields)).toEqual([
    ['1', 'Der "Rest", neu', 'x'],
    ['2', 'a "b"', 'y'],
    ['3', 'ends\\\\', 'z'],
  ]);
});

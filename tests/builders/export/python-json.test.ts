import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pythonJson } from '../../../src/builders/export/python-json.js';

const dump = (rows: Record<string, string>[]): string => [...pythonJson(rows)].join('');

/** json.dumps(text) of Python, unit by unit, from its documentation. */
function slowString(text: string): string {
  const short: Record<string, string> = {
    '"': '\\"',
    '\\': '\\\\',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\f': '\\f',
    '\b': '\\b',
  };
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const letter = text[i] as string;
    if (letter in short) out += short[letter];
    else if (unit >= 0x20 && unit <= 0x7e) out += letter;
    else out += `\\u${(unit + 0x10000).toString(16).slice(1)}`;
  }
  return `${out}"`;
}

describe('pythonJson', () => {
  it('writes indent 4, ASCII escapes in lower case and no final newline', () => {
    expect(dump([{ a: 'Café "Ω"', b: '\u{1f600}\u007f\u2028/' }, { a: '' }])).toBe(
      '[\n    {\n        "a": "Caf\\u00e9 \\"\\u03a9\\"",\n        "b": "\\ud83d\\ude00\\u007f\\u2028/"\n    },\n    {\n        "a": ""\n    }\n]',
    );
  });

  it('writes numbers, flags and null as Python does', () => {
    expect([...pythonJson([{ row: 12, liked: true, known: false, none: null }])].join('')).toBe(
      '[\n    {\n        "row": 12,\n        "liked": true,\n        "known": false,\n        "none": null\n    }\n]',
    );
  });

  it('writes no rows as an empty array', () => expect(dump([])).toBe('[]'));

  it('escapes every text as Python does, and JSON.parse gives the text back', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.nat(0xffff).map((n) => String.fromCharCode(n)) }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const dumped = dump([{ value }]);
        expect(dumped).toBe(`[\n    {\n        "value": ${slowString(value)}\n    }\n]`);
        expect(dumped).toMatch(/^[\x20-\x7e\n]*$/);
        expect(JSON.parse(dumped)).toEqual([{ value }]);
      }),
    );
  });
});

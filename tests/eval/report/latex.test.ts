import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeLatex } from '../../../src/eval/report/escape-latex.js';
import { renderLatex } from '../../../src/eval/report/latex.js';
import { makeReport } from '../../../src/eval/report.js';
import { inventInput } from '../fixtures.js';
import { inventMixed } from '../mixed-fixtures.js';

/** What TeX prints for the commands that we write: the slow way back, a table read from TeX's own manual. */
const PRINTS: readonly [command: string, printed: string][] = [
  ['\\textbackslash{}', '\\'],
  ['\\textasciicircum{}', '^'],
  ['\\textasciitilde{}', '~'],
  ['\\textless{}', '<'],
  ['\\textgreater{}', '>'],
  ['\\textbar{}', '|'],
  ['\\ldots{}', '…'],
  ['\\`{}', '`'],
  ['\\{', '{'],
  ['\\}', '}'],
  ['\\$', '$'],
  ['\\&', '&'],
  ['\\#', '#'],
  ['\\%', '%'],
  ['\\_', '_'],
  ['{[}', '['],
  ['{]}', ']'],
  ['{*}', '*'],
  ["''", '"'],
  ['$-$', '-'],
  ['{}', ''],
];

/** What is printed, or undefined at a character that TeX would take for a command of its own. */
function printed(tex: string): string | undefined {
  let text = '';
  for (let at = 0; at < tex.length; ) {
    const found = PRINTS.find(([command]) => tex.startsWith(command, at));
    if (!found && /[\\{}$&#%_^~<>|"`]/.test(tex[at] as string)) return undefined;
    text += found ? found[1] : tex[at];
    at += found ? found[0].length : 1;
  }
  return text;
}

const anyText = fc.string({ unit: fc.constantFrom(...'\\{}$&#%_^~<>|"`[]*-…a1 é'), maxLength: 40 });

describe('text from data as LaTeX', () => {
  it.each([
    { text: '50 % of A_1 & B', tex: '50 \\% of A\\_1 \\& B' },
    { text: '[-0.019, 0.2]', tex: '{[}$-$0.019, 0.2{]}' },
    { text: 'a -- b', tex: 'a -{}- b' },
    { text: 'user-7', tex: 'user-7' },
    { text: 'two\nlines', tex: 'two lines' },
    { text: '\\input{x}', tex: '\\textbackslash{}input\\{x\\}' },
  ])('writes $text as $tex', ({ text, tex }) => expect(escapeLatex(text)).toBe(tex));

  it('prints the characters that it was made from, whatever they are', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printed(escapeLatex(text))).toBe(text.replace(/\s+/g, ' '));
      }),
    );
  });

  it('begins with no bracket or star, which a line of a table would swallow, and holds no ligature of hyphens', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeLatex(text)).not.toMatch(/^[[*]|--/);
      }),
    );
  });
});

describe.each([
  { about: 'judgements', report: makeReport(inventInput()) },
  { about: 'mixed tasks', report: makeReport(inventMixed()) },
  { about: 'hostile names', report: makeReport(inventInput({ titles: '50% & \\end{table} $x_1^2$ #~{' })) },
])('the tables of a report on $about', ({ report }) => {
  const tex = renderLatex(report);

  it('are floats with a caption, a label of their own and the three rules of booktabs', () => {
    const floats = tex.match(/\\begin\{table\}.*?\\end\{table\}/gs) ?? [];
    expect(floats.length).toBeGreaterThan(4);
    const labels = floats.map((float) => float.match(/\\label\{([^}]*)\}/)?.[1]);
    expect(new Set(labels).size).toBe(floats.length);
    for (const float of floats) {
      expect(float.match(/\\(toprule|midrule|bottomrule)/g)).toEqual(['\\toprule', '\\midrule', '\\bottomrule']);
      expect(float).toMatch(/\\caption\{.+\}\n/);
    }
  });

  it('have as many cells in every line as the head has columns', () => {
    for (const [, columns = '', body = ''] of tex.matchAll(/\\begin\{tabular\}\{(.*?)\}\n(.*?)\\end\{tabular\}/gs)) {
      const lines = body.split('\n').filter((line) => line.endsWith('\\\\'));
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(line.replaceAll('\\&', '').split('&').length).toBe(columns.length);
    }
  });

  it('open and close every brace', () => {
    const body = tex.replace(/^%.*$/gm, '').replaceAll('\\{', '').replaceAll('\\}', '');
    let depth = 0;
    for (const character of body) {
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
  });
});

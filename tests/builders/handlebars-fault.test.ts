import fc from 'fast-check';
import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { findFault } from '../../src/builders/handlebars-fault.js';

describe('findFault', () => {
  it.each([
    { text: 'a\n{{#if label}\nyes\n{{/if}}', line: 2, what: '"{{#if label}" is not closed by }}' },
    { text: 'a\n{{x y\nb\n', line: 2, what: '"{{x y" is not closed by }}' },
    { text: 'a\n{{{x}}\nb', line: 2, what: '"{{{x}}" is not closed by }}}' },
    { text: 'a\n{{x}}}\nb', line: 2, what: '"{{x}}}" has more closing braces than opening ones' },
    { text: 'a\n{{!-- x\nb', line: 2, what: '"{{!-- x" is not closed by --}}' },
    { text: '{{#if x}}\nyes\n', line: 1, what: '{{#if}} is not closed' },
    {
      text: '{{#if x}}\n{{#each y}}\n{{/if}}\n',
      line: 3,
      what: '{{/if}} stands where {{#each}} is still open',
    },
    { text: 'a\n{{/if}}', line: 2, what: '{{/if}} closes no block' },
    { text: 'a\n{{else}}', line: 2, what: '{{else}} stands outside a block' },
    { text: '{{#if x}}{{else}}\n{{else}}{{/if}}', line: 2, what: '{{else}} stands a second time in {{#if}}' },
    { text: 'a\n{{}}', line: 2, what: '{{}} holds no name' },
    { text: 'a\n{{x =}}', line: 2, what: '"{{x =}}" is no Handlebars expression' },
    { text: '{{! {{ }}\n\\{{ and\n{{#}}', line: 3, what: '{{#}} holds no name' },
  ])('names line $line: $what', ({ text, line, what }) => {
    expect(() => Handlebars.parse(text)).toThrow();
    expect(findFault(text)).toMatchObject({ line, what });
  });

  it('names the line on which a closing brace was lost, whatever stands around it', () => {
    const plain = fc.constantFrom(
      'text',
      '{{x}}',
      '{{titles liked}}',
      '{{#if x}}a{{else}}b{{/if}}',
      '{{! note }}',
      '{{{x}}}',
      '',
    );
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 6 }), fc.array(plain, { maxLength: 6 }), (before, after) => {
        const text = [...before, 'a {{title} b', ...after].join('\n');
        expect(() => Handlebars.parse(text)).toThrow();
        expect(findFault(text).line).toBe(before.length + 1);
      }),
    );
  });

  it('says something of any text that Handlebars refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '{{',
      '}}',
      '#if',
      '/if',
      'else',
      '^',
      ' ',
      'x',
      '!',
      '--',
      '~',
      '\n',
      '"',
      '\\',
      '>',
      '&',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const { line, what, fix } = findFault(pieces.join(''));
        expect(line).toBeLessThanOrEqual(pieces.filter((part) => part === '\n').length + 1);
        expect([what, fix].every((words) => words.length > 0)).toBe(true);
      }),
    );
  });
});

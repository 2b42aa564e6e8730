import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTemplate } from '../../src/builders/load-template.js';
import { RectuneError } from '../../src/core/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'rectune-templates-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Lines 1 to 8 are the front matter; the body begins on line 9. */
const HEAD = `---
id: mine
version: 1
task: judgement
variables: [liked, disliked, target, label]
instruction: Say whether the user will like it.
output: '{{#if label}}Yes{{else}}No{{/if}}'
---
`;
const BODY = `Liked: {{titles liked}}
Disliked: {{titles disliked}}
Target: {{target.title}}
`;

function load(text: string) {
  writeFileSync(join(folder, 'mine.hbs'), text);
  return loadTemplate('mine.hbs', folder);
}

function errorOf(text: string): RectuneError {
  try {
    load(text);
  } catch (error) {
    if (error instanceof RectuneError) return error;
    throw error;
  }
  throw new Error('the template loaded');
}

const head = (from: string, to: string): string => {
  if (!HEAD.includes(from)) throw new Error(`no ${from}`);
  return HEAD.replace(from, to) + BODY;
};
const body = (from: string, to: string): string => {
  if (!BODY.includes(from)) throw new Error(`no ${from}`);
  return HEAD + BODY.replace(from, to);
};

describe('a template is refused at load', () => {
  it('loads when nothing is wrong', () => expect(load(HEAD + BODY).labels).toEqual(['Yes', 'No']));

  it.each([
    {
      case: 'a name that the task does not offer',
      text: body('{{target.title}}', '{{genre}}'),
      what: 'template "mine" uses "genre", which task "judgement" does not offer',
      line: 11,
      fix: 'use one of history, liked, disliked, user,',
    },
    {
      case: 'such a name inside #if',
      text: body('Target:', '{{#if genre}}\nGenre\n{{/if}}Target:'),
      what: 'uses "genre"',
      line: 11,
      fix: 'use one of',
    },
    {
      case: 'such a name inside #each, after the parent scope',
      text: body('{{titles liked}}', '{{#each liked}}\n{{../gene.title}}{{/each}}'),
      what: 'uses "gene"',
      line: 10,
      fix: 'use one of',
    },
    {
      case: 'a misspelt name',
      text: body('titles liked', 'titles likd'),
      what: '"likd"',
      line: 9,
      fix: 'did you mean "liked"?',
    },
    {
      case: 'a misspelt helper',
      text: body('titles liked', 'title liked'),
      what: 'no helper "title"',
      line: 9,
      fix: 'did you mean "titles"?',
    },
    {
      case: 'a block of another helper',
      text: body('{{titles liked}}', '{{#with target}}{{title}}{{/with}}'),
      what: 'no helper "with"',
      line: 9,
      fix: 'use one of if',
    },
    {
      case: 'a field that items do not have',
      text: body('target.title', 'target.author'),
      what: '"author", which an item does not offer',
      line: 11,
      fix: 'add "author" to fields',
    },
    {
      case: 'such a field inside #each',
      text: body('{{titles liked}}', '{{#each liked}}{{titl}}{{/each}}'),
      what: '"titl"',
      line: 9,
      fix: 'did you mean "title"?',
    },
    {
      case: 'the label in the input',
      text: body('Target:', '{{#if label}}!{{/if}}Target:'),
      what: 'gives the answer away',
      line: 11,
      fix: 'use "label" in output only',
    },
    {
      case: 'the label in the instruction',
      text: head('Say whether the user will like it.', "'{{#unless label}}Say{{/unless}}'"),
      what: 'gives the answer away',
      line: 6,
      fix: 'in output only',
    },
    {
      case: 'the target in the output',
      text: head('Yes', '{{target.title}}'),
      what: 'the output of task "judgement" does not offer',
      line: 7,
      fix: 'use one of label',
    },
    {
      case: 'a name that is used and not declared',
      text: head('[liked, disliked,', '[liked,'),
      what: 'uses "disliked", which its variables do not declare',
      line: 10,
      fix: 'add disliked to variables',
    },
    {
      case: 'a name that is declared and not used',
      text: body('Disliked: {{titles disliked}}\n', ''),
      what: 'declares "disliked" and does not use it',
      line: 5,
      fix: 'take disliked out',
    },
    {
      case: 'a declared name that the task does not offer',
      text: head('target, label', 'target, label, tarfet'),
      what: 'declares "tarfet", which task',
      line: 5,
      fix: 'did you mean "target"?',
    },
    {
      case: 'a field that is declared and not used',
      text: head('version: 1', 'version: 1\nfields: [author]'),
      what: 'the field "author" and does not use it',
      line: 4,
      fix: 'take author out',
    },
    {
      case: 'a list that is printed bare',
      text: body('{{titles liked}}', '{{liked}}'),
      what: '"liked" is not text',
      line: 9,
      fix: '{{titles liked}}',
    },
    {
      case: 'an item that is printed bare',
      text: body('target.title', 'target'),
      what: '"target" is not text',
      line: 11,
      fix: '{{target.title}}',
    },
    {
      case: 'a flag that is printed',
      text: head('{{#if label}}Yes{{else}}No{{/if}}', '{{label}}'),
      what: '"label" is not text',
      line: 7,
      fix: '{{#if label}}',
    },
    {
      case: 'text where a list is wanted',
      text: body('titles liked', 'titles target.title'),
      what: 'takes a list',
      line: 9,
      fix: 'liked, disliked',
    },
    {
      case: 'titles without a list',
      text: body('titles liked', 'titles'),
      what: 'takes one list',
      line: 9,
      fix: 'titles liked',
    },
    {
      case: 'a list that is printed twice',
      text: body('Target:', '{{titles liked}} Target:'),
      what: 'prints "liked" twice',
      line: 11,
      fix: 'print each list once',
    },
    {
      case: 'a condition on a history',
      text: body('{{titles liked}}', '{{#if liked}}{{titles liked}}{{/if}}'),
      what: 'which is a list',
      line: 9,
      fix: 'leave the condition out',
    },
    {
      case: 'an else for an empty history',
      text: body('{{titles liked}}', '{{#each liked}}{{title}}{{else}}none{{/each}}'),
      what: 'has an {{else}}',
      line: 9,
      fix: 'leave {{else}} out',
    },
    {
      case: 'text that depends on the first item',
      text: body('{{titles liked}}', '{{#each liked}}{{#unless @first}}, {{/unless}}{{title}}{{/each}}'),
      what: '"@first"',
      line: 9,
      fix: 'use @last',
    },
    {
      case: 'a list inside a list',
      text: body('{{titles liked}}', '{{#each liked}}{{titles ../disliked}}{{/each}}'),
      what: 'a list inside a list',
      line: 9,
      fix: 'by itself',
    },
    {
      case: 'a path that leaves the template',
      text: body('target.title', '../target.title'),
      what: 'leaves the template',
      line: 11,
      fix: '../',
    },
    {
      case: 'a path that goes too deep',
      text: body('target.title', 'target.title.length'),
      what: 'goes too deep',
      line: 11,
      fix: 'stop at "title"',
    },
    {
      case: 'a name of every object',
      text: body('target.title', 'constructor'),
      what: '"constructor"',
      line: 11,
      fix: 'use one of',
    },
    {
      case: 'a field of every object',
      text: body('target.title', 'target.__proto__'),
      what: '"__proto__"',
      line: 11,
      fix: 'use one of',
    },
    {
      case: 'a partial that is not there',
      text: body('Target:', '{{> other}}Target:'),
      what: 'there is no partial "other"',
      line: 11,
      fix: 'put it into partials/other.hbs',
    },
    { case: 'a decorator', text: body('Target:', '{{* other}}Target:'), what: 'no Decorator', line: 11, fix: 'only' },
    {
      case: 'a nested call',
      text: body('titles liked', 'titles (lookup liked 0)'),
      what: 'no SubExpression',
      line: 9,
      fix: 'write a name',
    },
    {
      case: 'fixed text in braces',
      text: body('target.title', '"text"'),
      what: 'no StringLiteral',
      line: 11,
      fix: 'outside the braces',
    },
    {
      case: 'an option of a helper',
      text: body('titles liked', 'titles liked by="author"'),
      what: 'takes one list',
      line: 9,
      fix: 'titles liked',
    },
    {
      case: 'braces that do not close',
      text: body('{{titles disliked}}', '{{titles disliked'),
      what: 'not a Handlebars template: "{{titles disliked" is not closed by }}',
      line: 10,
      fix: 'closing braces',
    },
    {
      case: 'a block that does not close',
      text: body('Disliked:', '{{#if target.title}}Disliked:'),
      what: 'not a Handlebars template: {{#if}} is not closed',
      line: 10,
      fix: 'write {{/if}} where it ends',
    },
    {
      case: 'blocks that close in the wrong order',
      text: body('{{titles liked}}', '{{#each liked}}{{title}}{{/if}}'),
      what: '{{/if}} stands where {{#each}} is still open',
      line: 9,
      fix: 'write {{/each}} before it',
    },
    {
      case: 'answers that do not differ',
      text: head('{{else}}No', '{{else}}Yes'),
      what: 'they must differ',
      line: 7,
      fix: 'output:',
    },
    {
      case: 'an empty answer',
      text: head('{{else}}No', ''),
      what: 'they must differ and not be empty',
      line: 7,
      fix: 'output:',
    },
    {
      case: 'control characters',
      text: body('Target:', 'Target\u0001:'),
      what: 'control characters',
      line: 11,
      fix: 'U+0001',
    },
    {
      case: 'front matter that is not YAML',
      text: head('version: 1', 'version: [1'),
      what: 'not YAML',
      line: 4,
      fix: 'correct',
    },
    { case: 'no front matter', text: BODY, what: 'no front matter', line: 1, fix: '"---"' },
  ])('for $case', ({ text, what, line, fix }) => {
    const error = errorOf(text);
    expect(error.kind).toBe('usage');
    expect(error.message).toContain(what);
    expect(error.where).toBe(`${join(folder, 'mine.hbs')}:${line}`);
    expect(error.fix).toContain(fix);
  });

  it.each([
    {
      case: 'an unknown key',
      from: 'version: 1',
      to: 'version: 1\nvariabels: []',
      what: 'unknown key "variabels"',
      fix: 'did you mean "variables"?',
    },
    {
      case: 'an unknown task',
      from: 'judgement',
      to: 'judgment',
      what: '"judgment"',
      fix: 'did you mean "judgement"?',
    },
    { case: 'a missing key', from: 'version: 1\n', to: '', what: '"version" is missing', fix: 'add it' },
  ])('for $case in the front matter', ({ from, to, what, fix }) => {
    const error = errorOf(head(from, to));
    expect(error.message).toContain(what);
    expect(error.where).toContain('mine.hbs');
    expect(error.fix).toContain(fix);
  });

  it('when there is none of that name, with the nearest name', () => {
    expect(() => loadTemplate('tallrec/movi', folder)).toThrow(
      expect.objectContaining({ kind: 'usage', fix: expect.stringContaining('did you mean "tallrec/movie"?') }),
    );
    expect(() => loadTemplate('other.hbs', folder)).toThrow('there is no template "other.hbs"');
  });
});

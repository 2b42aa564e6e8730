import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import type { Instruction } from '../../src/core/instruction.js';
import type { Finding, RuleName } from '../../src/core/lint.js';
import { lintLines, missingEnd, problemRule } from '../../src/trainers/lint-tokens.js';
import { temporaryFolder } from '../store/fixtures.js';
import { makeModel, smallStudio } from './small-studio.js';

const line = (prompt: string, answer: string, own: object = {}) => ({
  line: { row: 0, user: 'u', item: 'i', label: null, prompt, answer, values: [], history: [], ...own },
  where: 'here',
});

async function tokenRules(...args: Parameters<typeof line>): Promise<RuleName[]> {
  const model = join(temporaryFolder(), 'model.gguf');
  await makeModel(model, 1);
  return (await lintLines([line(...args)], { model, maxLength: 64, threads: 1 })).map(({ rule }) => rule);
}

it.each<{ rule: RuleName; fires: Parameters<typeof line>; quiet: Parameters<typeof line> }>([
  {
    rule: 'shared-first-token',
    fires: ['a\n', 'Yes.', { labels: ['Yes.', 'Yes, no', 'No.'] }],
    quiet: ['a\n', 'Yes.', { labels: ['Yes.', 'No.', 'poor'] }],
  },
  { rule: 'merged-answer', fires: ['go', 'od'], quiet: ['go\n', 'od'] },
  { rule: 'too-long', fires: ['x'.repeat(80), 'Yes.'], quiet: ['x'.repeat(20), 'Yes.'] },
])('a model is told of $rule, and not without a reason', async ({ rule, fires, quiet }) => {
  expect(await tokenRules(...fires)).toContain(rule);
  expect(await tokenRules(...quiet)).toEqual([]);
});

it('what native says of a row belongs to a rule', () => {
  expect(problemRule('the tokens do not read back as the row\'s text: they differ behind "a"')).toBe('unreadable-row');
  expect(problemRule('choices "a" and "b" have the same tokens')).toBe('shared-first-token');
  const error = (what: string) => new RectuneError('data', what, 'model.gguf', 'convert it');
  expect(missingEnd(error("the model's vocabulary names no end token"), 'm')?.rule).toBe('no-end-token');
  expect(missingEnd(error('there is no such file'), 'm')).toBeUndefined();
});

it('a version is linted under a model: rows that do not fit are counted and named, rows that lose history noted', async () => {
  const tooLong: Partial<Instruction> = { prompt: `${'a'.repeat(120)}\nAnswer:`, history: [] };
  const { rectune, model } = await smallStudio((row) => (row === 5 || row === 6 ? tooLong : {}));
  const fits = await rectune('lint', 'small', '--model', model, '--json');
  expect(fits.code).toBe(0);
  const budget = JSON.parse((await rectune('budget', 'small', '--model', model, '--json')).stdout);
  const limit = String(budget.splits.valid.quantiles.p50 - 1);
  const { code, stdout } = await rectune('lint', 'small', '--model', model, '--max-length', limit, '--json');
  expect(code).toBe(2);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const told = findings.find(({ rule }) => rule === 'too-long');
  expect(told?.what).toContain('2 rows, such as train/5: ');
  expect(findings.map(({ rule }) => rule)).toContain('loses-history');
});

it('lint ends with code 2 on an error and 0 on a warning, and prints its rules', async () => {
  const { rectune, path } = await smallStudio();
  const file = path('mine.hbs');
  const text = (liked: string) => `---
id: mine
version: 1
task: judgement
variables: [liked, target, label${liked}]
instruction: Say a Yes when it fits.
output: '{{#if label}}Yes{{else}}No{{/if}}'
---
{{titles liked}} {{target.title}}?
`;
  writeFileSync(file, text(''));
  const warned = await rectune('lint', file);
  expect(warned.code).toBe(0);
  expect(warned.stdout).toContain('warning one-label-named: ');
  writeFileSync(file, text(', preference'));
  const refused = await rectune('lint', file);
  expect(refused.code).toBe(2);
  expect(refused.stdout).toContain('error unused-slot: ');
  expect((await rectune('lint', '--list')).stdout).toContain('shared-first-token');
  expect((await rectune('lint', 'nothing-like-it')).stderr).toContain('there is no template, version or recipe');
});

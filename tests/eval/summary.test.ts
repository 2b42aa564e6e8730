import { expect, it } from 'vitest';
import { makeReport } from '../../src/eval/report.js';
import { summarizeReport } from '../../src/eval/summary.js';
import { inventInput } from './fixtures.js';

it('a summary has the verdicts, one line a model and the warnings', () => {
  const report = makeReport(inventInput());
  const lines = summarizeReport(report).split('\n');
  for (const { sentence } of report.verdicts) expect(lines).toContain(sentence);
  for (const warning of report.warnings) expect(lines).toContain(`warning: ${warning}`);
  const head = lines.findIndex((line) => line.startsWith('test: 300 rows, 20 users'));
  expect(lines.slice(head, head + 9).map((line) => line.split(/ {2,}/)[0])).toEqual([
    'test: 300 rows, 20 users',
    'adapter',
    'base model without adapter',
    'liked share of the shown history',
    'label of the last item shown',
    "user's like rate in train",
    "target's like rate in train",
    "target's popularity in train",
    'majority class of train',
  ]);
  for (const line of lines.slice(head + 1, head + 9)) {
    const figures = line.startsWith("target's popularity") ? / {2,}\d\.\d{3} {2,}- {2,}-$/ : /( {2,}\d\.\d{3}){3}$/;
    expect(line).toMatch(/ {2}0\.\d{3} \[0\.\d{3}, 0\.\d{3}\] /);
    expect(line).toMatch(figures);
  }
});

it('a summary of figures that are not defined says so', () => {
  const text = summarizeReport(makeReport(inventInput({ oneLabel: true })));
  expect(text).toMatch(/^adapter +not defined/m);
  expect(text).not.toMatch(/NaN|undefined/);
});

it('a summary has no gap where a part has no sentence', () => {
  const report = makeReport(inventInput());
  const bare = { ...report, overview: 'In judgement it is better.', verdicts: [], seeds: [] };
  const text = summarizeReport({ ...bare, trust: { ...report.trust, doubts: [] } });
  expect(text).toMatch(/better\.\n\ntest: /u);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Report, ReportOptions } from '../../../src/core/report.js';
import type { WrittenTexts } from '../../../src/core/written-texts.js';
import { renderMarkdown } from '../../../src/eval/report/markdown.js';
import { makeReport, type ReportInput } from '../../../src/eval/report.js';
import { reportRun } from '../../../src/eval/report-run.js';
import { writtenReport } from '../../../src/eval/tasks/written-report.js';
import { verifyReport } from '../../../src/eval/verify/verify-report.js';
import { writeSealed } from '../../../src/platform/files.js';
import { studioLayout } from '../../../src/platform/studio.js';
import { temporaryFolder } from '../../store/fixtures.js';
import { inventedRun } from '../fixtures.js';
import { storeWith } from '../kept-run.js';
import { inventMixed } from '../mixed-fixtures.js';

const OPTIONS = ReportOptions.parse({ resamples: 100 });
const text = (words: string, end: 'stop' | 'length' = 'stop') => ({ text: words, tokens: 3, end });

/** Behind every row without choices: the adapter writes the answer of the log, the base model something else. */
function inventWritten({ version, run, test }: ReportInput, change: Partial<WrittenTexts> = {}): WrittenTexts {
  const free = test.instructions.filter(({ label, choices }) => label === null && choices === null);
  const tasks = new Map(version.templates.map(({ id, task }) => [id, task]));
  return {
    format: 1,
    versionHash: version.hash,
    runId: run.id,
    modelHash: run.modelHash,
    adapterHash: run.adapterHash as string,
    seed: 1,
    eligible: free.length,
    maxTokens: 64,
    engine: 'v0',
    frequent: {},
    answers: free.map(({ row, templateId }) => ({
      row,
      task: tasks.get(templateId) as WrittenTexts['answers'][number]['task'],
      reference: 'likes drama',
      adapter: text('likes drama'),
      base: text('a war film', 'length'),
    })),
    ...change,
  };
}

describe('written texts', () => {
  const answers: WrittenTexts['answers'] = [
    { row: 0, task: 'summary', reference: 'good card', adapter: text('good card'), base: text('bad') },
    { row: 1, task: 'summary', reference: 'a gift', adapter: text('a present'), base: text('a gift', 'length') },
    { row: 2, task: 'taste', reference: 'likes war', adapter: text(''), base: text('likes war') },
  ];
  const result = { ...inventWritten(inventMixed()), frequent: { summary: 'good' }, answers };
  const report = writtenReport(result, (row) => `user ${row}`, OPTIONS);

  it('are compared with the texts of the log by task, beside the most frequent answer of train', () => {
    const table = report.tasks.map(({ task, entries }) => [
      task,
      entries.map(({ writer, metrics, ended }) => [writer, metrics.rouge1.value, metrics.rougeL.value, ended]),
    ]);
    expect(table).toEqual([
      [
        'summary',
        [
          ['adapter', 0.75, 0.75, 1],
          ['base', 0.5, 0.5, 0.5],
          ['frequent', 1 / 3, 1 / 3, null],
        ],
      ],
      [
        'taste',
        [
          ['adapter', 0, 0, 1],
          ['base', 1, 1, 1],
        ],
      ],
    ]);
  });

  it('belong to rows of the version', () => {
    expect(() => writtenReport(result, () => undefined, OPTIONS)).toThrow('no row 0');
  });
});

it('stand in a report, which verify derives again from the studio', async () => {
  const input = inventMixed({ users: 12 }, { users: 8, rowsPerUser: 4 });
  expect(renderMarkdown(makeReport(input))).not.toContain('Written texts');
  const store = storeWith(input);
  const folder = temporaryFolder();
  const write = (id: string, result: WrittenTexts) =>
    writeSealed(studioLayout.writing(folder, inventedRun.id, id), `${JSON.stringify(result)}\n`);
  write('of-another-adapter', inventWritten(input, { adapterHash: 'other' }));
  write('own', inventWritten(input));
  await reportRun(store, inventedRun.id, {
    studio: folder,
    directory: folder,
    now: () => new Date(0),
    options: OPTIONS,
  });
  const report = Report.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
  expect(report.written).toMatchObject({ file: 'own', rows: 12, eligible: 12 });
  expect(renderMarkdown(report)).toContain('ROUGE-L');
  expect((await verifyReport(store, folder, folder)).differences).toEqual([]);
  write('own', inventWritten(input, { answers: inventWritten(input).answers.slice(1) }));
  const names = (await verifyReport(store, folder, folder)).differences.map(({ figure }) => figure);
  expect(names.some((name) => name.startsWith('written'))).toBe(true);
});

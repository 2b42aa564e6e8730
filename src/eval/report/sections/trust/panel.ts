import type { Report } from '../../../../core/report.js';
import type { ReportedProbe } from '../../../../core/report-trust.js';
import { thousands } from '../../../numbers.js';
import type { Block, Part, Table } from '../../block.js';
import { behindTask, rowsAnchor } from '../../row-anchor.js';
import { PROBE_TITLES } from './names.js';

/** What was probed and what it says, a sentence each, and what was not asked. */
export function panel(report: Report): Part[] {
  const { trust, run } = report;
  const { probes, forms, completion, serving } = trust;
  const tasks = new Set(forms.map(({ task }) => task));
  const sentences = [
    ...forms.map(({ probe, task, sentence }) => ({
      title: `${PROBE_TITLES[probe]}${tasks.size > 1 ? ` (${task})` : ''}`,
      sentence,
      rows: rowsAnchor(report, { ...behindTask(report, task), probe }),
    })),
    ...(completion ? [{ title: PROBE_TITLES.completion, sentence: completion.sentence, rows: undefined }] : []),
    ...(serving?.tasks ?? []).map(({ task, sentence }) => ({
      title: `${PROBE_TITLES.serving}${(serving?.tasks.length ?? 0) > 1 ? ` (${task})` : ''}`,
      sentence,
      rows: rowsAnchor(report, { ...behindTask(report, task), probe: 'serving' }),
    })),
  ];
  const missing = probes.filter(({ reason }) => reason !== null);
  const blocks: Block[] = [
    {
      kind: 'paragraph',
      quiet: true,
      text: 'Probes show a seeded subsample of test in other forms, ask the base model for what it may remember, and have the rows answered as a server would. What they come to is paired with the rows as they are.',
    },
    ...sentences.map(
      ({ title, sentence, rows }): Block => ({ kind: 'paragraph', text: `${title}. ${sentence}`, rows }),
    ),
    ...(missing.length === probes.length
      ? [
          {
            kind: 'paragraph',
            text: `No probe was answered: how the adapter reads a row is not shown. They are asked by: rectune probe ${run.id}`,
          } satisfies Block,
        ]
      : []),
    { kind: 'table', table: askedTable(probes, run.id) },
  ];
  return [{ title: 'Trust', id: 'trust', blocks }];
}

function askedTable(probes: readonly ReportedProbe[], run: string): Table {
  const missing = probes.some(({ reason }) => reason !== null);
  return {
    caption: `What was asked. The answers lie in the studio, under probes/${run}.`,
    ...(missing ? { command: `rectune probe ${run}` } : {}),
    head: ['probe', 'asked', 'of', 'seed', 'how many, or why not', 'file'],
    rows: probes.map(({ probe, asked, eligible, seed, budget, reason, file, sha256 }) => ({
      name: PROBE_TITLES[probe],
      cells: [
        thousands(asked),
        eligible === null ? '-' : thousands(eligible),
        seed === null ? '-' : String(seed),
        reason ?? budget ?? '-',
        file === null ? '-' : `${short(file)}.json, sha256 ${short(sha256 ?? '')}`,
      ],
    })),
    notForPapers: true,
  };
}

/** Names of files may be hashes. */
function short(text: string): string {
  return text.length > 24 ? text.slice(0, 12) : text;
}

import { stringify } from 'yaml';
import { labelOfVersion } from '../../../core/label-rule.js';
import type { Report } from '../../../core/report.js';
import { type Block, type Part, plainTable } from '../block.js';
import { datasetFacts, provenanceFacts, servingFacts, splitCounts } from '../facts.js';

/** What the rows are, and what the split leaks. */
export function dataset(report: Report): Part[] {
  const { version } = report;
  const blocks: Block[] = [
    { kind: 'paragraph', text: `What the split leaks (${version.split.kind}): ${version.split.leaks}` },
    {
      kind: 'table',
      table: plainTable('Rows of each split', ['split', 'rows', 'users', 'liked'], splitCounts(report)),
    },
    ...(version.checks ? [{ kind: 'facts', facts: datasetFacts(report) } satisfies Block] : []),
  ];
  const rule = labelOfVersion(version);
  if (rule !== undefined) blocks.push({ kind: 'paragraph', text: `What counts as ${rule}.` });
  if (version.labels) {
    const text = `Answers: "${version.labels[0]}" when liked, "${version.labels[1]}" when not.`;
    blocks.push({ kind: 'paragraph', quiet: true, text });
  }
  return [{ title: 'Dataset', id: 'dataset', blocks }];
}

/** How the scores were made, and how far they stray from what a server gives. */
export function serving(report: Report): Part[] {
  return [{ title: 'Serving notes', id: 'serving', blocks: [{ kind: 'facts', facts: servingFacts(report) }] }];
}

/** Settings, seeds, hashes and versions: what is needed to do it again. */
export function provenance(report: Report): Part[] {
  const { version } = report;
  return [
    {
      title: 'Recipe, seeds, hashes, versions',
      id: 'provenance',
      blocks: [
        { kind: 'facts', facts: provenanceFacts(report) },
        {
          kind: 'listing',
          title: `recipe of ${version.name}, every default written out`,
          text: stringify(version.recipe),
        },
      ],
    },
  ];
}

import { stringify } from 'yaml';
import { describeChecks } from '../core/build-checks.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import type { SourceTerms } from '../core/hub-package.js';
import { SPLITS } from '../core/instruction.js';

/** The README.md of a dataset repository: front matter for the hub, and what a reader must know before using the rows. */
export function datasetCard(repo: string, version: DatasetVersion, source: SourceTerms | null): string {
  const { name, hash, counts, split, templates, recipe, recipeHash, sourceId, sourceHash, files } = version;
  const front = {
    pretty_name: name,
    tags: ['rectune', 'recommendation', 'instruction-tuning'],
    configs: [
      {
        config_name: 'default',
        data_files: SPLITS.map((part) => ({ split: part === 'valid' ? 'validation' : part, path: `${part}.jsonl` })),
      },
    ],
  };
  const rows = SPLITS.map((part) => [
    part,
    String(counts[part]),
    String(counts.users[part]),
    String(counts.liked[part]),
    `\`${files[part]}\``,
  ]);
  const wordings = templates.map(({ id, version: number, hash: own, task, family, evaluationOnly, rows: used }) => [
    `\`${id}\` ${number}`,
    [family, task].filter((word) => word !== undefined).join(', '),
    used ? SPLITS.map((part) => used[part]).join(' / ') : '',
    evaluationOnly ? 'yes' : '',
    `\`${own.slice(0, 12)}\``,
  ]);
  return [
    `---\n${stringify(front)}---`,
    `# ${name}`,
    `A dataset version of Rectune ${version.program}: rows of a log of interactions as instructions for a language model. Its hash, which decides every byte of the rows: \`${hash}\`.`,
    '## Rows',
    table(['split', 'rows', 'users', 'liked', 'SHA-256 of the file'], rows),
    version.labels
      ? `Answers: "${version.labels[0]}" (liked) and "${version.labels[1]}" (not).`
      : 'Rows have answers of their own.',
    `**Split ${split.kind}.** What it leaks: ${split.leaks}.`,
    '## The log and its terms',
    source
      ? `${source.title} (\`${sourceId}\`)${source.homepage ? `, ${source.homepage}` : ''}. Its terms, which hold for these rows, too: **${source.terms}**`
      : `\`${sourceId}\`. Its terms were not at hand when this was pushed; find them before you use the rows.`,
    `Ids of users and items stand in the rows as they stand in the log. Hash of the log: \`${sourceHash}\`.`,
    ...(source
      ? [
          table(
            ['file', 'SHA-256'],
            source.files.map((file) => [file.name, `\`${file.sha256}\``]),
          ),
        ]
      : []),
    '## Templates',
    table(['template', 'family, task', 'rows (train / valid / test)', 'evaluation only', 'hash'], wordings),
    '## Checks',
    checks(version),
    ...curation(version),
    '## How to rebuild it',
    `\`recipe.yaml\` is the recipe with every default written out (hash \`${recipeHash}\`):`,
    `\`\`\`sh\nrectune import LOG\nrectune build recipe.yaml\n\`\`\``,
    version.curation
      ? 'That gives the rows before curation; the steps above make these of them (`rectune curate`).'
      : `With the same log, templates and program it gives the same hash. Or bring it as it is, verified: \`rectune pull dataset ${repo}\`.`,
    `\`\`\`yaml\n${stringify(recipe).trimEnd()}\n\`\`\``,
  ]
    .join('\n\n')
    .concat('\n');
}

function checks(version: DatasetVersion): string {
  const { candidates, checks: told } = version;
  const twins = told && told.twinPrompts.valid + told.twinPrompts.test;
  const lines = [
    'The build refuses a history that holds its target or anything later, a wrong answer, and what cannot be printed.',
    ...describeChecks(version).map((line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}.`),
    ...(twins === 0 ? ['No row has a prompt that stands in an earlier split, too.'] : []),
    ...(candidates ? [`Candidate lists: ${candidates.lists}, hash \`${candidates.hash}\`.`] : []),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function curation({ curation: made }: DatasetVersion): string[] {
  if (!made) return [];
  const steps = made.steps.map(({ settings, removed, changed, audit }, index) => [
    String(index + 1),
    `\`${JSON.stringify(settings).replaceAll('|', '\\|')}\``,
    SPLITS.map((part) => removed[part]).join(' / '),
    SPLITS.map((part) => changed[part]).join(' / '),
    audit ? counted(audit) : '',
  ]);
  return [
    '## Curation',
    `Made from the version \`${made.parent}\` by these steps:`,
    table(['step', 'settings', 'removed (train / valid / test)', 'changed', 'audit'], steps),
    ...made.warnings.map((warning) => `- ${warning}`),
  ];
}

function counted(counts: Readonly<Record<string, number | undefined>>): string {
  const known = Object.entries(counts).filter(([, count]) => count !== undefined);
  return known.map(([what, count]) => `${what} ${count}`).join(', ') || 'none';
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

import { stringify } from 'yaml';
import type { AdapterPackage, SourceTerms } from '../core/hub-package.js';
import { titlesOf } from '../core/model-titles.js';
import { type Estimate, givesProbabilities, type Report } from '../core/report.js';
import { table } from './dataset-card.js';

/** The README.md of an adapter's repository. */
export function adapterCard(
  repo: string,
  adapter: AdapterPackage,
  source: SourceTerms | null,
  report: Report | undefined,
): string {
  const { baseModel, data, settings, run, program } = adapter;
  const front = { tags: ['rectune', 'recommendation', 'lora', 'gguf'], library_name: 'gguf' };
  return [
    `---\n${stringify(front)}---`,
    `# ${run}`,
    `A LoRA adapter that Rectune ${program} trained on recommendations. It fits one base model, the very file that it was trained on:`,
    table(
      ['what', 'name', 'SHA-256'],
      [
        ['base model', `\`${baseModel.file}\``, `\`${baseModel.sha256}\``],
        ['adapter', '`adapter.gguf`', `\`${adapter.adapter}\``],
        ['dataset version', `\`${data.name}\``, `\`${data.hash}\``],
        ...(adapter.startAdapter ? [['began from the adapter', '', `\`${adapter.startAdapter}\``]] : []),
      ],
    ),
    '## Use',
    `\`\`\`sh\nrectune pull adapter ${repo}\nrectune predict --data VERSION --split test --model ${baseModel.file} --adapter adapter.gguf --out scores.jsonl\n\`\`\``,
    settings.variant === 'dora'
      ? 'It has magnitudes (DoRA), which llama.cpp does not read: `rectune merge adapter.gguf --model ...` makes a model of the two that it serves.'
      : 'llama.cpp loads it as it is (`--lora adapter.gguf`), with prompts as the dataset version words them.',
    '## What it is worth',
    ...(report ? figures(report) : ['No report was made when this was pushed, so nothing is claimed.']),
    '## Limits',
    [
      '- It is trained on the prompts of its dataset version; other wordings, other items and other kinds of users were not measured.',
      '- Another file of the same model, quantised otherwise, gives other scores.',
      ...(report ? report.warnings.map((warning) => `- ${warning}`) : []),
      source
        ? `- It learned from a log with terms of its own: ${source.title}: ${source.terms}`
        : '- It learned from a log whose terms were not at hand when this was pushed.',
    ].join('\n'),
    '## Settings',
    `\`\`\`yaml\n${stringify(settings).trimEnd()}\n\`\`\``,
  ]
    .join('\n\n')
    .concat('\n');
}

function figures(report: Report): string[] {
  const { splits, options, verdicts, version } = report;
  const titles = titlesOf(report);
  const head = ['model', 'AUC', 'UAUC', 'log loss', 'accuracy'];
  const tables = splits.flatMap(({ split, rows, users, models }) => [
    `**${split}**: ${rows} rows, ${users} users. In brackets ${100 * options.level} % intervals, from resampling users.`,
    table(
      head,
      models.map(({ model, metrics: { auc, uauc, logLoss, accuracy } }) => [
        titles(model),
        ...[auc, uauc].map(figure),
        ...[logLoss, accuracy].map((estimate) => (givesProbabilities(model) ? figure(estimate) : 'no probabilities')),
      ]),
    ),
  ]);
  return [...verdicts.map(({ sentence }) => sentence), ...tables, `What the split leaks: ${version.split.leaks}.`];
}

function figure({ value, low, high }: Estimate): string {
  const shown = (number: number | null) => number?.toFixed(4) ?? 'not defined';
  return value === null || low === null || high === null
    ? shown(value)
    : `${shown(value)} [${shown(low)}, ${shown(high)}]`;
}

import type { Report } from '../../../core/report.js';
import { OVERLAP_METRICS, type OverlapMetric, type Writer, type WrittenReport } from '../../../core/written-texts.js';
import { counted, levelTitle, percent, thousands } from '../../numbers.js';
import { type Block, estimateCell, type Part, type Table } from '../block.js';
import { modelColor } from '../plots/model-colors.js';

type Task = WrittenReport['tasks'][number];

const SHOWN = 240; // characters of a text

/** What the models write behind rows that are answered by free text, and how near it is to the log's own. */
export function writtenTexts(report: Report): Part[] {
  const { written } = report;
  if (written === null) return [];
  const { engine, maxTokens, seed, rows, eligible } = written;
  const note =
    `Written by stock llama.cpp ${engine}, always the most probable token, at most ${counted(maxTokens, 'token')}, behind ${counted(rows, 'row')} drawn by seed ${seed} from ${thousands(eligible)}. ` +
    'ROUGE (F1, words in lower case without stemming) counts words that are shared with the text of the log: it says little of whether a text is true, and nothing of whether it is useful.';
  return [
    {
      title: 'Written texts',
      id: 'written-texts',
      blocks: [
        { kind: 'paragraph', quiet: true, text: note },
        ...written.tasks.flatMap((task): Block[] => [
          { kind: 'table', table: figures(task, report) },
          { kind: 'table', table: examples(task) },
        ]),
      ],
    },
  ];
}

export const OVERLAP_TITLES: Readonly<Record<OverlapMetric, string>> = {
  rouge1: 'ROUGE-1',
  rouge2: 'ROUGE-2',
  rougeL: 'ROUGE-L',
};

export const WRITER_TITLES: Readonly<Record<Writer, string>> = {
  adapter: 'adapter',
  base: 'base model without adapter',
  frequent: 'the most frequent answer of train',
};

function figures({ task, rows, users, entries }: Task, report: Report): Table {
  return {
    caption: `${task}, test: ${counted(rows, 'row')} of ${counted(users, 'user')}, ${levelTitle(report.options.level)} intervals`,
    head: ['writer', ...OVERLAP_METRICS.map((metric) => OVERLAP_TITLES[metric]), 'ended by itself'],
    rows: entries.map(({ writer, metrics, ended }) => ({
      name: WRITER_TITLES[writer],
      ...(writer === 'frequent' ? {} : { color: modelColor(writer) }),
      own: writer === 'adapter',
      cells: [...OVERLAP_METRICS.map((metric) => estimateCell(metrics[metric])), ended === null ? '-' : percent(ended)],
    })),
  };
}

function examples({ task, examples: shown }: Task): Table {
  return {
    caption: `${task}: the first of them`,
    notForPapers: true,
    head: ['row', 'the log', 'adapter', 'base model'],
    rows: shown.map(({ row, reference, adapter, base }) => ({
      name: String(row),
      own: false,
      cells: [reference, adapter, base].map(shortened),
    })),
  };
}

function shortened(text: string): string {
  const line = text.trim().replace(/\s+/gu, ' ');
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

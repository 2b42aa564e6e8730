import { SPLITS, type Split } from '../core/instruction.js';
import { type LengthBin, rowPath, type SplitBudget } from '../core/token-budget.js';
import { renderTable } from './render-table.js';

/** The tokens of a version under a model. */
export interface Budget {
  readonly version: string;
  readonly name: string;
  readonly model: string;
  readonly limit: number;
  readonly splits: Readonly<Record<Split, SplitBudget>>;
  readonly histogram: readonly LengthBin[]; // of all splits
  readonly run: {
    readonly epochs: number;
    readonly rows: number;
    readonly tokens: number;
    readonly lossTokens: number;
  };
  readonly problems: readonly {
    readonly split: Split;
    readonly row: number;
    readonly what: string;
    readonly fix: string;
  }[];
}

const BAR = 48; // characters of the longest
const NAMED = 10; // rows that are named

export function renderBudget(budget: Budget): string {
  const { splits, histogram, run, problems } = budget;
  const number = (value: number | undefined) => (value === undefined ? '' : String(Math.round(value * 10) / 10));
  const table = renderTable(
    ['split', 'rows', 'tokens', 'of loss', 'mean', 'p50', 'p90', 'p99', 'longest', 'shortened', 'do not fit'],
    SPLITS.map((split) => {
      const { rows, tokens, lossTokens, mean, quantiles, longest, shortened, unfit } = splits[split];
      const { p50, p90, p99 } = quantiles;
      const numbers = [rows, tokens, lossTokens, mean, p50, p90, p99, longest?.tokens, shortened, unfit.length];
      return [split, ...numbers.map(number)];
    }),
  );
  const most = Math.max(...histogram.map(({ rows }) => rows));
  const bars = histogram.map(({ from, to, rows }) => {
    const range = `${from}-${to - 1}`.padStart(11);
    const bar = '█'.repeat(Math.ceil((BAR * rows) / most));
    return `${range} ${String(rows).padStart(String(most).length)} ${bar}`.trimEnd();
  });
  const dropped = SPLITS.flatMap((split) =>
    Object.entries(splits[split].droppedItems).map(([items, rows]) => [split, items, String(rows)]),
  );
  const unfit = SPLITS.flatMap((split) =>
    splits[split].unfit.map(({ row, shortest }) => `${rowPath(split, row)} (${shortest})`),
  );
  return [
    `version ${budget.name} ${budget.version.slice(0, 12)}, at most ${budget.limit} tokens a row, ${budget.model}`,
    table,
    ['tokens a row', ...bars].join('\n'),
    ...(dropped.length > 0 ? [`rows that lose history\n${renderTable(['split', 'items', 'rows'], dropped)}`] : []),
    ...(unfit.length > 0 ? [`do not fit without any history, or cannot be used: ${named(unfit)}`] : []),
    ...(problems.length > 0
      ? [
          named(
            problems.map(({ split, row, what, fix }) => `${rowPath(split, row)}: ${what}\n  fix: ${fix}`),
            '\n',
          ),
        ]
      : []),
    `a run of ${run.epochs} epochs over all of train reads ${run.tokens} tokens in ${run.rows} rows; ${run.lossTokens} carry loss\n` +
      `what a run takes, with fewer rows too: rectune train ${budget.name} --model FILE --shots N --estimate`,
  ].join('\n\n');
}

function named(all: readonly string[], separator = ', '): string {
  const rest = all.length - NAMED;
  return all.slice(0, NAMED).join(separator) + (rest > 0 ? `${separator}and ${rest} more` : '');
}

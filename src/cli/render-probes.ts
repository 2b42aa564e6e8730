import type { ProbeResult } from '../core/probe.js';
import type { Answer } from './command.js';
import type { ProbeAnswer } from './probe/probe-run.js';
import { renderTable } from './render-table.js';

/** How much was asked; what it comes to stands in the report. */
export function renderProbes(answers: readonly ProbeAnswer[]): Answer {
  const told = answers.map(({ path, reused, result }) => {
    const { probe, eligible, budget, reason } = result;
    return { probe, path, reused, ...amountOf(result), eligible, budget, reason };
  });
  const lines = told.map(({ probe, asked, eligible, answers: count, reused, reason }) => [
    probe,
    String(asked),
    String(eligible),
    String(count),
    reason ?? (reused ? 'asked before' : 'asked'),
  ]);
  const notes = told.filter(({ reason }) => reason === null).map(({ probe, budget }) => `${probe}: ${budget}`);
  const text = [renderTable(['probe', 'asked', 'of', 'answers', ''], lines), ...notes].join('\n');
  return { value: told, text };
}

/** Rows or titles that were asked, answers that were got, and what the probe says of itself. */
function amountOf(result: ProbeResult) {
  switch (result.probe) {
    case 'completion':
      return { asked: result.titles.length, answers: result.titles.length, variants: [], stable: null };
    case 'serving':
      return { asked: result.answers.length, answers: result.answers.length, variants: [], stable: null };
    default: {
      const { rows, answers, variants, stable } = result;
      return { asked: rows.length, answers: answers.length, variants: variants.map(({ name }) => name), stable };
    }
  }
}

import type { FormExample } from '../../core/probe.js';
import type { ProbeForm } from '../../core/probe-form.js';
import type { ProbedRow } from './ground.js';

/**
 * What the forms of a probe look like: of each task one text of each variant, of a single row where one has them all, so that texts can be laid beside
 * each other.
 *
 * rows   that were asked, in order
 * forms  of those rows
 */
export function formExamples(rows: readonly ProbedRow[], forms: readonly ProbeForm[]): FormExample[] {
  const ofRow = new Map<number, ProbeForm[]>();
  for (const form of forms) {
    const known = ofRow.get(form.row);
    if (known) known.push(form);
    else ofRow.set(form.row, [form]);
  }
  const formsOf = ({ instruction }: ProbedRow) => ofRow.get(instruction.row) ?? [];
  const shown = new Set<string>();
  const examples: FormExample[] = [];
  for (const row of [...rows].sort((a, b) => formsOf(b).length - formsOf(a).length)) {
    const task = taskOf(row);
    for (const { row: number, variant, line, by } of formsOf(row)) {
      const key = `${task} ${variant}`;
      if (shown.has(key)) continue;
      shown.add(key);
      const answers = row.instruction.choices === null ? null : (line.labels ?? line.choices ?? null);
      examples.push({
        ...{ row: number, variant, template: by.id, templateHash: by.hash },
        ...{ prompt: line.prompt, answers: answers && [...answers] },
      });
    }
  }
  return examples.sort((a, b) => a.row - b.row || a.variant - b.variant);
}

/** Rows that a report judges alike share it. */
function taskOf({ template, instruction: { label, choices, candidates } }: ProbedRow): string {
  const kind = label !== null ? 'judgement' : choices === null ? 'text' : candidates === null ? 'rating' : 'choice';
  return `${template.head.task} ${kind}`;
}

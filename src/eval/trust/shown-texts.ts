import type { DatasetVersion } from '../../core/dataset-version.js';
import type { FormExample, ProbeVariant } from '../../core/probe.js';
import type { ShownText } from '../../core/report-trust.js';
import { rowName } from '../rows/row-name.js';
import type { TaskRow } from '../tasks/task-rows.js';
import { AS_IT_IS } from './forms-together.js';

/** What a probe kept of the texts of its forms. */
interface KeptTexts {
  readonly variants: readonly ProbeVariant[];
  readonly examples?: readonly FormExample[] | undefined;
}

/**
 * What the forms of a probe look like on rows of one task: a row as it is, then a text of each form, of that row where it has the form.
 *
 * rows  that were asked
 * seen  whether train held the wording of the rows as they are; null: the forms are no wordings
 */
export function shownTexts(
  version: Pick<DatasetVersion, 'hash' | 'templates'>,
  rows: readonly TaskRow[],
  { variants, examples = [] }: KeptTexts,
  seen: boolean | null,
): ShownText[] {
  const byRow = new Map(rows.map((row) => [row.instruction.row, row]));
  const own = examples.filter(({ row }) => byRow.has(row));
  const [first] = [...own].sort((a, b) => countOf(own, b.row) - countOf(own, a.row));
  const plain = first && byRow.get(first.row);
  if (!plain) return [];
  const name = (row: number) => rowName(version, 'test', row);
  const { row, templateId, prompt, choices } = plain.instruction;
  const asItIs: ShownText = {
    ...{ form: AS_IT_IS, seen: seen === null ? null : !plain.unseen, row: name(row), template: templateId },
    templateHash: version.templates.find(({ id }) => id === templateId)?.hash ?? null,
    ...{ prompt, answers: choices },
  };
  const texts = variants.flatMap((variant, place): ShownText[] => {
    const found = own.find((one) => one.variant === place);
    if (!found) return [];
    const { row: number, variant: _, ...text } = found;
    return [{ form: variant.name, seen: variant.seen, row: name(number), ...text }];
  });
  return [asItIs, ...texts];
}

function countOf(examples: readonly FormExample[], row: number): number {
  return examples.filter((one) => one.row === row).length;
}

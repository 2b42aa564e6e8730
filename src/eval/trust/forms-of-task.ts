import type { DatasetVersion } from '../../core/dataset-version.js';
import type { VariantAnswer } from '../../core/probe.js';
import type { ReportOptions } from '../../core/report.js';
import type { FormsOfTask, TrustModel } from '../../core/report-trust.js';
import { Resampled } from '../tasks/compare-task.js';
import type { TaskRow } from '../tasks/task-rows.js';
import { formsSentence } from './form-sentences.js';
import { askForFormsTogether } from './forms-together.js';
import type { Judge } from './judge.js';
import type { KeptProbe } from './kept-probes.js';
import { askForOrderBias } from './order-bias.js';
import { answersOf, type Form, inForm } from './probed-rows.js';
import { askForForm } from './shown-otherwise.js';
import { shownTexts } from './shown-texts.js';
import type { RowsOfTask } from './told.js';

/** A probe that shows rows in other forms. */
export type ShownProbe = KeptProbe & { readonly result: { readonly answers: readonly VariantAnswer[] } };

/** The forms of a probe in which rows of a task were shown. Throws RectuneError 'data' when an answer does not fit its row. */
export function formsOf({ rows }: Pick<RowsOfTask, 'rows'>, kept: KeptProbe): Form[] {
  const { result } = kept;
  if (!('variants' in result)) return [];
  return result.variants
    .map((variant, place) => inForm(variant, rows, answersOf(result.answers, place), kept))
    .filter(({ places }) => places.length > 0);
}

/**
 * What a probe that shows rows in other forms comes to on the rows of one task. One set of resampled users, so that everything is paired.
 *
 * group  the rows that were asked
 */
export function formsOfTask(
  group: RowsOfTask,
  forms: readonly Form[],
  judge: Judge,
  kept: KeptProbe,
  version: Pick<DatasetVersion, 'hash' | 'templates'>,
  options: ReportOptions,
): FormsOfTask | undefined {
  const { result } = kept;
  if (!('variants' in result) || forms.length === 0) return undefined;
  const { task, kind, rows } = group;
  const resampled = new Resampled(judge.users.count, options);
  const isWording = result.probe === 'wording';
  const seen = isWording ? rows.every(({ unseen }) => !unseen) : null;
  const figures = forms.map((form) => askForForm(resampled, judge, rows, form));
  const together = (model: TrustModel) => askForFormsTogether(resampled, judge, rows, forms, model, seen);
  const both = { adapter: together('adapter'), base: together('base') };
  const orders = result.probe === 'order' && kind === 'choice' ? askForOrders(resampled, judge, rows, kept) : undefined;
  const [adapter, base] = [both.adapter(), both.base()];
  const told: Omit<FormsOfTask, 'sentence'> = {
    probe: result.probe,
    task,
    kind,
    metric: judge.metric,
    title: judge.title,
    unit: judge.unit,
    rows: rows.length,
    users: judge.users.count,
    forms: figures.map((read) => read()),
    adapter: adapter.together,
    base: base.together,
    order: orders ? orders() : null,
    texts: shownTexts(version, rows, result, seen),
    wording: isWording
      ? {
          seen: wordings(forms, true) + (seen ? 1 : 0),
          unseen: wordings(forms, false) + (seen ? 0 : 1),
          adapter: adapter.means,
          base: base.means,
        }
      : null,
  };
  return { ...told, sentence: formsSentence(told, judge.better) };
}

function wordings(forms: readonly Form[], seen: boolean): number {
  return forms.filter((form) => form.seen === seen).length;
}

function askForOrders(
  resampled: Resampled,
  judge: Judge,
  rows: readonly TaskRow[],
  kept: KeptProbe,
): () => FormsOfTask['order'] {
  const { result } = kept;
  if (!('variants' in result)) throw new Error('a probe of orders has variants');
  const byRow = new Map<number, VariantAnswer[]>();
  for (const answer of result.answers) {
    const known = byRow.get(answer.row);
    if (known) known.push(answer);
    else byRow.set(answer.row, [answer]);
  }
  const answersOfRow = ({ instruction }: TaskRow) => byRow.get(instruction.row) ?? [];
  const ask = (model: TrustModel) => askForOrderBias(resampled, judge, rows, answersOfRow, model, kept);
  const [adapter, base] = [ask('adapter'), ask('base')];
  const asked = rows.reduce((sum, row) => sum + answersOfRow(row).length, 0);
  return () => ({ orders: asked / rows.length, stable: result.stable, adapter: adapter(), base: base() });
}

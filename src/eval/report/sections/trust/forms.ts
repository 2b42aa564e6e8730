import type { Report } from '../../../../core/report.js';
import {
  type FormFigures,
  type FormsOfTask,
  type ShownOtherwise,
  type ShownText,
  TRUST_MODELS,
  type TrustModel,
} from '../../../../core/report-trust.js';
import { counted, levelTitle, thousands } from '../../../numbers.js';
import { AS_IT_IS } from '../../../trust/forms-together.js';
import { type Block, estimateCell, type Figure, type Part, type Table } from '../../block.js';
import { intervalsPlot, type NamedEstimate } from '../../plots/intervals.js';
import { rowsAnchor } from '../../row-anchor.js';
import { MODEL_NAMES, PROBE_TITLES } from './names.js';

const ANSWERS_SHOWN = 6; // a list of titles stands in the text itself

const NOTE =
  'A difference is the form minus the rows as they are, on the same rows and the same resampled users. Change: how far what the model says of a row moves, on average. Flips: share of the rows that ' +
  'get another answer.';

const TITLES_NOTE =
  'Titles alone are exchanged, in the whole catalogue alike; what else a row shows of its items, such as authors or genres, stays.';

const SPREAD_NOTE =
  'Best and worst were chosen after looking, so what lies between them is larger than it would be on other rows. Rows as they are count as one of the forms.';

const NO_TEXTS =
  'The texts of these forms were not kept when they were asked; this keeps them, without asking a model again:';

/** Rows of test in other forms: a part a probe, in it a table and a plot a task. */
export function forms(report: Report): Part[] {
  const { forms: all } = report.trust;
  const probes = [...new Set(all.map(({ probe }) => probe))];
  return probes.map((probe) => ({
    title: PROBE_TITLES[probe],
    id: `trust-${probe}`,
    blocks: all
      .filter((one) => one.probe === probe)
      .flatMap((one, place): Block[] => [
        { kind: 'paragraph', text: one.sentence },
        ...(place === 0
          ? [
              {
                kind: 'paragraph',
                quiet: true,
                text: probe === 'titles' ? `${NOTE} ${TITLES_NOTE}` : NOTE,
              } satisfies Block,
            ]
          : []),
        ...blocksOf(one, report),
      ]),
  }));
}

function blocksOf(one: FormsOfTask, report: Report): Block[] {
  const { task, kind, probe } = one;
  const behind = rowsAnchor(report, { task, kind, split: 'test', probe });
  const together = probe === 'order' || probe === 'wording';
  const drawn = one.forms.length <= 1 ? [] : [plot(one)];
  return [
    { kind: 'table', table: formsTable(one, report, behind) },
    ...(together
      ? [
          { kind: 'table', table: togetherTable(one, report, behind) } satisfies Block,
          {
            kind: 'paragraph',
            quiet: true,
            text: SPREAD_NOTE,
          } satisfies Block,
        ]
      : []),
    ...(one.order ? [{ kind: 'table', table: biasTable(one, report, behind) } satisfies Block] : []),
    ...(drawn.length + (one.order ? 1 : 0) === 0
      ? []
      : [
          {
            kind: 'plots',
            plots: [...drawn, ...(one.order ? [placesPlot(one)] : [])].map((plot) => ({ ...plot, rows: behind })),
          } satisfies Block,
        ]),
    textsBlock(one, report),
  ];
}

function formsTable(one: FormsOfTask, report: Report, behind?: string): Table {
  const { task, title, unit, rows, users, forms: all } = one;
  const cell = (estimate: ShownOtherwise['shown']) => estimateCell(estimate, behind);
  return {
    caption:
      `${task}, ${title}: ${counted(rows, 'row')} of test, ${counted(users, 'user')}; change in ${unit}. ` +
      `${levelTitle(report.options.level)} intervals.`,
    head: ['form', 'model', 'rows', 'users', 'as it is', 'in this form', 'difference', 'change', 'flips'],
    rows: all.flatMap((form) =>
      TRUST_MODELS.map((model) => {
        const { plain, shown, difference, finding, change, flips } = form[model];
        return {
          name: formName(form),
          link: textAnchor(one, form.form),
          color: `var(--${model})`,
          own: model === 'adapter',
          cells: [
            MODEL_NAMES[model],
            thousands(form.rows),
            thousands(form.users),
            cell(plain),
            cell(shown),
            { ...(cell(difference) as Figure), finding },
            cell(change),
            cell(flips),
          ],
        };
      }),
    ),
  };
}

/** The texts of the forms, the row as it is before them. */
function textsBlock(one: FormsOfTask, report: Report): Block {
  const { probe, texts } = one;
  const [plain] = texts;
  if (!plain) {
    return {
      kind: 'paragraph',
      quiet: true,
      text: `${NO_TEXTS} rectune probe ${report.run.id} --only ${probe}, then rectune report ${report.run.id}.`,
    };
  }
  return {
    kind: 'texts',
    title: `What the models read: row ${plain.row} as it is, and a text of each form${texts.some(({ row }) => row !== plain.row) ? ', of another row where this one has no such form' : ''}.`,
    texts: texts.map((text) => ({
      name: formName(text),
      anchor: textAnchor(one, text.form) as string,
      about: aboutText(text, plain),
      text: text.prompt,
    })),
  };
}

/** What tells a text from the row as it is, beside its words. */
function aboutText({ form, row, template, templateHash, answers }: ShownText, plain: ShownText): string {
  const parts = [
    ...(form === template ? [] : [`template ${template}`]),
    ...(templateHash === null ? [] : [`sha256 ${templateHash.slice(0, 12)}`]),
    ...(answers !== null && answers.length <= ANSWERS_SHOWN
      ? [`answers ${answers.map((one) => `"${one}"`).join(', ')}`]
      : []),
    ...(row === plain.row ? [] : [`row ${row}`]),
  ];
  return parts.join('; ');
}

/** Where the text of a form stands; undefined where it was not kept. */
function textAnchor({ probe, task, kind, texts }: FormsOfTask, form: string): string | undefined {
  const place = texts.findIndex((text) => text.form === form);
  return place < 0 ? undefined : `text-${probe}-${task}-${kind}-${place}`;
}

function namedForm(one: FormsOfTask, form: string | null): Figure | string {
  return form === null ? '-' : { value: form, rows: textAnchor(one, form) };
}

function formName({ form, seen }: Pick<FormFigures, 'form' | 'seen'>): string {
  return seen === null ? form : `${form} (${seen ? 'seen in train' : 'not in train'})`;
}

function togetherTable(one: FormsOfTask, report: Report, behind?: string): Table {
  const { task, title, wording } = one;
  const means = wording ? [`mean of ${wording.seen} seen`, `mean of ${wording.unseen} unseen`, 'seen - unseen'] : [];
  return {
    caption: `${task}, ${title}: all forms of the same rows together, ${levelTitle(report.options.level)} intervals`,
    head: ['model', 'best', 'worst', 'worst to best', 'flips in any', ...means],
    rows: TRUST_MODELS.map((model) => {
      const { best, worst, spread, flips } = one[model];
      return {
        name: MODEL_NAMES[model],
        color: `var(--${model})`,
        own: model === 'adapter',
        cells: [
          namedForm(one, best),
          namedForm(one, worst),
          estimateCell(spread, behind),
          estimateCell(flips, behind),
          ...(wording
            ? [wording[model].seen, wording[model].unseen, wording[model].difference].map((estimate) =>
                estimateCell(estimate, behind),
              )
            : []),
        ],
      };
    }),
  };
}

function biasTable({ task, title, order }: FormsOfTask, report: Report, behind?: string): Table {
  if (!order) throw new Error('no orders');
  const stable = order.stable === null ? '' : order.stable ? ' Stable.' : ' Not stable yet.';
  return {
    caption:
      `${task}, ${title}: what places do, over ${Number((order.orders + 1).toFixed(1))} orders a row, its own among them.${stable} Bias: half the sum over places of how far one moves the probability ` +
      `of a candidate; 0 looks at candidates alone, 1 at places alone. ${levelTitle(report.options.level)} intervals.`,
    head: ['model', 'bias', 'one order', 'mean over orders', 'difference'],
    rows: TRUST_MODELS.map((model) => {
      const { bias, plain, debiased, difference } = order[model];
      return {
        name: MODEL_NAMES[model],
        color: `var(--${model})`,
        own: model === 'adapter',
        cells: [bias, plain, debiased, difference].map((estimate) => estimateCell(estimate, behind)),
      };
    }),
  };
}

function plot({ task, title, forms: all }: FormsOfTask) {
  const [first] = all;
  const own: NamedEstimate[] = first
    ? [{ title: AS_IT_IS, estimate: first.adapter.plain, color: 'var(--adapter)', beside: first.base.plain }]
    : [];
  const shown = all.map(
    (form): NamedEstimate => ({
      title: formName(form),
      estimate: form.adapter.shown,
      color: 'var(--adapter)',
      beside: form.base.shown,
    }),
  );
  const reference = first?.adapter.plain.value ?? undefined;
  return {
    draw: () => intervalsPlot(`${title} in ${task} in each form`, title, [...own, ...shown], reference),
    legend: [
      { title: 'adapter', color: 'var(--adapter)' },
      { title: 'base model (ring)', color: 'var(--base)' },
    ],
    caption: `${title} of the adapter in each form. The dashed line is what it has on the rows as they are.`,
  };
}

const DRAWN_PLACES = 20;

function placesPlot({ task, order }: FormsOfTask) {
  const of = (model: TrustModel) => order?.[model].places ?? [];
  const drawn = of('adapter')
    .slice(0, DRAWN_PLACES)
    .map(
      (estimate, place): NamedEstimate => ({
        title: `place ${place + 1}`,
        estimate,
        color: 'var(--adapter)',
        beside: of('base')[place],
      }),
    );
  return {
    draw: () => intervalsPlot(`What a place adds in ${task}`, 'added to the probability of a candidate', drawn, 0),
    legend: [
      { title: 'adapter', color: 'var(--adapter)' },
      { title: 'base model (ring)', color: 'var(--base)' },
    ],
    caption: `How much likelier a candidate gets by standing in a place${of('adapter').length > DRAWN_PLACES ? `, the first ${DRAWN_PLACES}` : ''}. On the dashed line places do nothing.`,
  };
}

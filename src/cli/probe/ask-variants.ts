import { exchangeTitles } from '../../builders/probe/exchange-titles.js';
import { formExamples } from '../../builders/probe/form-examples.js';
import { type Forms, historyForms, orderForms, titleForms, wordingForms } from '../../builders/probe/forms.js';
import { type ProbedRow, ProbeGround } from '../../builders/probe/ground.js';
import type { Wordings } from '../../builders/probe/wordings.js';
import type { Instruction, InstructionLine } from '../../core/instruction.js';
import type { FormExample, ProbeName, ProbeResult, ProbeVariant, VariantAnswer } from '../../core/probe.js';
import { MOST_ORDERS } from '../../core/probe-budget.js';
import type { ProbeForm } from '../../core/probe-form.js';
import { Random } from '../../core/random.js';
import { askForms, type Told } from '../../trainers/ask-forms.js';
import type { Score } from '../../trainers/score-journal.js';
import { amountInWords, type Probing, whyNotAsked } from './probing.js';
import { isStable, ownAnswers } from './stable-orders.js';

/** Probes that show rows in other forms. */
export type VariantProbe = 'order' | 'wording' | 'history' | 'titles';

export function isVariantProbe(probe: ProbeName): probe is VariantProbe {
  return probe !== 'completion' && probe !== 'serving';
}

const FIRST_ORDERS = 4;
const MORE_ORDERS = 3; // at once, for a model is read each time

/** What came of forms, and of the lines that the base model alone was asked beside them. */
export interface VariantsTold {
  readonly ofBase: readonly Score[]; // in the order of the lines
  /** The part of a probe's result that is its own. */
  resultOf(probe: VariantProbe): Promise<object>;
}

/**
 * The forms of all probes are put to the models together, because a model that is read once is read soonest.
 *
 * lines  for the base model alone
 */
export async function askVariants(
  probing: Probing,
  probes: readonly VariantProbe[],
  lines: readonly InstructionLine[],
): Promise<VariantsTold> {
  const { ground, store, asked, sample } = probing;
  const parts = new Map<VariantProbe, { rows: readonly ProbedRow[]; forms: Forms }>();
  if (ground instanceof ProbeGround) {
    const asking = probes.filter((probe) => whyNotAsked(probing, probe) === null);
    const made = madeAgain(probing, ground, asking);
    for (const probe of asking) {
      const rows = sample.rows[probe].flatMap((row) => made.get(row) ?? []);
      parts.set(probe, { rows, forms: formsOf(probing, ground, probe, rows) });
    }
  }
  const own = parts.has('order') ? ownAnswers(store, asked.run) : new Map();
  const forms = [...parts.values()].flatMap((part) => part.forms.forms);
  const told = await tell(probing, forms, lines);
  const answers = new Map<VariantProbe, VariantAnswer[]>();
  let at = 0;
  for (const [probe, part] of parts) {
    answers.set(probe, told.answers.slice(at, at + part.forms.forms.length));
    at += part.forms.forms.length;
  }
  return {
    ofBase: told.ofBase,
    async resultOf(probe) {
      const part = parts.get(probe);
      const rows = part?.rows ?? [];
      const first = answers.get(probe) ?? [];
      const found =
        probe === 'order' && part && ground instanceof ProbeGround
          ? await moreOrders(probing, ground, part, own, first)
          : { variants: part?.forms.variants ?? [], stable: null, answers: first, forms: part?.forms.forms ?? [] };
      const { forms: shown, ...told } = found;
      return {
        eligible: sample.eligible[probe],
        budget: amountInWords(probing, probe, rows.length),
        reason: whyNotAsked(probing, probe),
        rows: rows.map(({ instruction }) => instruction.row),
        examples: formExamples(rows, shown),
        ...told,
      };
    },
  };
}

async function tell(
  { request, model }: Probing,
  forms: readonly ProbeForm[],
  lines: readonly InstructionLine[],
): Promise<Told> {
  if (forms.length > 0) request.onStage(`probe: ${forms.length} forms of rows, base model and adapter`);
  if (lines.length > 0) request.onStage(`probe: ${lines.length} titles to complete, base model`);
  return askForms(forms, lines, model, request);
}

function formsOf(
  { request: { seed }, wordings }: Probing,
  ground: ProbeGround,
  probe: VariantProbe,
  rows: readonly ProbedRow[],
): Forms {
  switch (probe) {
    case 'order':
      return { variants: [], forms: orderForms(ground, rows, seed, { from: 0, to: FIRST_ORDERS }) };
    case 'wording':
      return wordingForms(ground, rows, wordings as Wordings);
    case 'history':
      return historyForms(ground, rows, seed);
    case 'titles': {
      const items = [...ground.plan.log.items.values()].filter((item) => ground.plan.texts.has(item));
      const titles = items.map(({ title }) => title);
      return titleForms(ground, rows, exchangeTitles(titles, new Random(seed, 'exchanged titles')));
    }
  }
}

/**
 * What the forms of answers from an earlier release look like, made again: no model is asked.
 *
 * returns  undefined where the forms cannot be made again, or others come of it than were asked
 */
export function examplesAgain(
  probing: Probing,
  { probe, rows, variants, answers }: Extract<ProbeResult, { readonly variants: unknown }>,
): FormExample[] | undefined {
  const { ground, store, asked, request } = probing;
  if (!(ground instanceof ProbeGround)) return undefined;
  const { hash } = asked.version;
  const made = ground.rows(rows.map((row) => store.versions.instruction(hash, 'test', row) as Instruction));
  const shown = rows.flatMap((row) => made.get(row) ?? []);
  const forms =
    probe === 'order'
      ? orderForms(ground, shown, request.seed, { from: 0, to: variants.length })
      : formsOf(probing, ground, probe, shown).forms;
  const named = (all: readonly Pick<VariantAnswer, 'row' | 'variant'>[]) =>
    all
      .map(({ row, variant }) => `${row} ${variant}`)
      .sort()
      .join();
  return named(forms) === named(answers) ? formExamples(shown, forms) : undefined;
}

/** Asks orders of the candidates until the answer, averaged over them, stays where it is. */
async function moreOrders(
  probing: Probing,
  ground: ProbeGround,
  { rows, forms: begun }: { readonly rows: readonly ProbedRow[]; readonly forms: Forms },
  own: ReadonlyMap<number, readonly number[]>,
  first: readonly VariantAnswer[],
) {
  const numbers = rows.map(({ instruction }) => instruction.row);
  const answers = [...first];
  const shown = [...begun.forms];
  let asked = FIRST_ORDERS;
  let stable = isStable(numbers, own, answers, asked);
  while (!stable && asked < MOST_ORDERS) {
    const to = Math.min(asked + MORE_ORDERS, MOST_ORDERS);
    const forms = orderForms(ground, rows, probing.request.seed, { from: asked, to });
    if (forms.length === 0) break;
    answers.push(...(await tell(probing, forms, [])).answers);
    shown.push(...forms);
    asked = to;
    stable = isStable(numbers, own, answers, asked);
  }
  const used = Math.max(0, ...answers.map(({ variant }) => variant + 1));
  const variants = Array.from({ length: used }, (_, i): ProbeVariant => ({ name: `order-${i + 1}`, seen: null }));
  answers.sort((a, b) => a.row - b.row || a.variant - b.variant);
  return { variants, stable, answers, forms: shown };
}

/** Rows that can be shown in other forms, those of all probes at once: the examples of a log are gone through. */
function madeAgain(
  { store, asked, sample }: Probing,
  ground: ProbeGround,
  probes: readonly VariantProbe[],
): Map<number, ProbedRow> {
  const numbers = [...new Set(probes.flatMap((probe) => sample.rows[probe]))];
  const { hash } = asked.version;
  return ground.rows(numbers.map((row) => store.versions.instruction(hash, 'test', row) as Instruction));
}

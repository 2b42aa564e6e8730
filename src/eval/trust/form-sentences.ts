import type { Estimate } from '../../core/report.js';
import type { FormFigures, FormsOfTask, ShownOtherwise } from '../../core/report-trust.js';
import { counted, figure, percent, withInterval } from '../numbers.js';
import { AS_IT_IS } from './forms-together.js';

type Told = Omit<FormsOfTask, 'sentence'>;
type Better = 'higher' | 'lower';

/** One or two plain sentences on the adapter: what a change of form does to it. It says "loses" and "gains" only where the paired interval excludes 0. */
export function formsSentence(told: Told, better: Better): string {
  const on = `On ${counted(told.rows, 'row')} of ${counted(told.users, 'user')}`;
  switch (told.probe) {
    case 'history':
      return `${on}: ${told.forms.map((form) => historyPart(form, told.title, better)).join('; ')}.`;
    case 'titles':
      return `${on}: ${told.forms.map((form) => titlesPart(form, told.title, better)).join('; ')}.`;
    case 'wording':
      return `${on}: ${wordingPart(told)}`;
    case 'order':
      return `${on}: ${orderPart(told)}`;
  }
}

const HISTORY: Readonly<Record<string, readonly [how: string, reads: string]>> = {
  removed: ['without its history', 'it reads it'],
  shuffled: ['with its history in another order', 'it reads the order'],
  swapped: ['with likes and dislikes exchanged', 'it tells them apart'],
};

function historyPart({ form, adapter }: FormFigures, title: string, better: Better): string {
  const [how, reads] = HISTORY[form] ?? [`with its history ${form}`, 'it reads it'];
  return `${how} the adapter ${moved(adapter, title, better, reads)}`;
}

function titlesPart({ adapter, base }: FormFigures, title: string, better: Better): string {
  return (
    `with every title exchanged for another one the adapter ${moved(adapter, title, better, 'it uses what titles say')}` +
    `, the base model ${moved(base, title, better, 'its figure rests on them')}`
  );
}

/** "loses 0.050 of AUC [0.020, 0.080]: it reads it" */
function moved({ difference, finding }: ShownOtherwise, title: string, better: Better, reads: string): string {
  const lost = better === 'higher' ? opposite(difference) : difference;
  switch (finding) {
    case 'worse':
      return `loses ${withInterval(lost)} of ${title}: ${reads}`;
    case 'beats':
      return `gains ${withInterval(opposite(lost))} of ${title}`;
    case 'undecided':
      return `loses nothing that can be told from chance (difference of ${title} ${withInterval(difference)})`;
    case 'not-defined':
      return `cannot be compared: ${title} or its interval is not defined`;
  }
}

function wordingPart({ adapter, wording, title }: Told): string {
  if (!wording) return 'no two wordings can be compared.';
  if (adapter.best === null || adapter.worst === null) {
    return `no two wordings can be compared: ${title} is not defined on these rows.`;
  }
  const { seen, unseen, difference } = wording.adapter;
  const means =
    seen.value === null || unseen.value === null
      ? ''
      : ` Over ${counted(wording.seen, 'wording')} of train the mean is ${figure(seen.value)}, over ${wording.unseen} that train never held ${figure(unseen.value)}: difference ${withInterval(difference)}.`;
  return (
    (adapter.spread.value === 0
      ? `the adapter's ${title} is the same in all wordings.`
      : `between the best wording (${named(adapter.best)}) and the worst (${named(adapter.worst)}) the adapter's ${title} differs by ${withInterval(adapter.spread)}.`) +
    means +
    flipped(adapter.flips, 'in at least one wording')
  );
}

function orderPart({ adapter, order, title }: Told): string {
  if (!order) return 'no list was asked.';
  const { bias, debiased, plain } = order.adapter;
  const stable =
    order.stable === null
      ? ''
      : order.stable
        ? ' The last order changed the mean answers by less than the tolerance.'
        : ' The last order still changed the mean answers by more than the tolerance.';
  return (
    `over ${others(order.orders)} a row, places move the adapter's probabilities by ${withInterval(bias)} (0: it looks at candidates alone, 1: at places alone).` +
    `${flipped(adapter.flips, 'in at least one order')} By the mean over the orders its ${title} is ${figure(debiased.value)}, by one order ${figure(plain.value)}.${stable}`
  );
}

function others(orders: number): string {
  return orders === 1 ? 'one other order' : `${Number(orders.toFixed(1))} other orders`;
}

function flipped({ value }: Estimate, where: string): string {
  return value === null ? '' : ` ${percent(value)} of the rows get another answer ${where}.`;
}

function named(form: string): string {
  return form === AS_IT_IS ? "the rows' own" : form;
}

function opposite({ value, low, high, leftOut }: Estimate): Estimate {
  const negative = (number: number | null) => (number === null ? null : 0 - number);
  return { value: negative(value), low: negative(high), high: negative(low), leftOut };
}

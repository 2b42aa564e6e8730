import type { PowerDemand, PowerPlan } from '../core/power.js';
import { figure, percent, thousands } from '../eval/numbers.js';
import type { Answer } from './command.js';
import { renderTable } from './render-table.js';

/** Plans as a table: what is seen with the users there are, and what the difference takes. */
export function renderPower(plans: readonly PowerPlan[], demand: PowerDemand): Answer {
  const { difference, alpha, power } = demand;
  const asked = difference === undefined ? [] : [`users for ${difference}`, `rows for ${difference}`];
  const head = ['metric', 'compared', 'difference now', 'users', 'rows', 'smallest seen', ...asked];
  const rows = plans.map((plan) => [
    plan.metric,
    plan.models,
    known(plan.seen, figure),
    known(plan.users, thousands),
    known(plan.rows, (count) => thousands(Math.round(count))),
    known(plan.visible, figure),
    ...(difference === undefined ? [] : [known(plan.usersNeeded, thousands), known(plan.rowsNeeded, thousands)]),
  ]);
  const says = `A difference of that size is seen in ${percent(power)} of such comparisons, at alpha ${alpha}, two-sided, uncorrected for the number of models.`;
  const alike = plans.some(({ error }) => error === 0)
    ? '\n-: the difference is the same on every resample, so nothing is known of how users differ.'
    : '';
  return { value: { ...demand, plans }, text: `${renderTable(head, rows)}\n\n${says}${alike}` };
}

function known(value: number | null, say: (value: number) => string): string {
  return value === null ? '-' : say(value);
}

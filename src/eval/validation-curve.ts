import type { Instruction } from '../core/instruction.js';
import type { Estimate, Report, ReportOptions } from '../core/report.js';
import type { NativeValidation } from '../core/run-config.js';
import type { RunEvent } from '../core/run-event.js';
import { standingEvents } from '../core/run-history.js';
import { aucByUsers } from './metrics/auc.js';
import { resampleUsers } from './statistics/bootstrap.js';
import { estimate } from './statistics/interval.js';
import { indexUsers } from './statistics/user-index.js';

type ValidRow = Pick<Instruction, 'row' | 'userId' | 'label'>;
type Named<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>;

/** The rows that a run evaluates on, in the order of its config. Throws Error when valid lacks one: it is sealed. */
export function evaluatedRows({ rows }: Pick<NativeValidation, 'rows'>, valid: Iterable<ValidRow>): ValidRow[] {
  const byRow = new Map([...valid].map((row) => [row.row, row]));
  return rows.map((row) => {
    const found = byRow.get(row);
    if (!found) throw new Error(`valid has no row ${row}`);
    return found;
  });
}

/**
 * AUC of one evaluation, with the interval over users.
 *
 * logOdds  of the rows, in their order
 */
export function validationAuc(
  logOdds: readonly number[],
  rows: readonly ValidRow[],
  options: Pick<ReportOptions, 'resamples' | 'bootstrapSeed' | 'interval' | 'level'>,
): Estimate {
  const users = indexUsers(rows.map(({ userId }) => userId));
  const labels = rows.map(({ label }) => label === true);
  const [drawn] = resampleUsers([aucByUsers(logOdds, labels, users)], users.count, options);
  if (!drawn) throw new Error('one statistic gives one distribution');
  return estimate(drawn, options);
}

/** What a run's evaluations on valid tell a report; null for a run that made none. */
export function validationFacts(
  recorded: readonly RunEvent[],
  validation: NativeValidation | null,
  valid: Iterable<ValidRow>,
  options: ReportOptions,
): Report['validation'] {
  const events = standingEvents(recorded);
  const points = events.filter((event): event is Named<'validation'> => event.event === 'validation');
  if (validation === null || points.length === 0) return null;
  const rows = evaluatedRows(validation, valid);
  const kept = events.findLast((event): event is Named<'kept'> => event.event === 'kept');
  const plan = events.findLast((event): event is Named<'validation-plan'> => event.event === 'validation-plan');
  return {
    rows: rows.length,
    users: new Set(rows.map(({ userId }) => userId)).size,
    every: plan?.every ?? null,
    seconds: points.reduce((sum, { took }) => sum + took, 0),
    points: points.map(({ step, logOdds }) => ({ step, auc: validationAuc(logOdds, rows, options) })),
    keptStep: kept?.step ?? null,
    lastStep: kept?.lastStep ?? null,
    stoppedEarly: kept?.stoppedEarly ?? false,
  };
}

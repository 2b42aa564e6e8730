import type { ReportOptions } from '../../core/report.js';
import type { RowKind } from '../../core/report-rows.js';
import {
  CALIBRATION_FIGURES,
  type Calibration,
  type CalibrationFigure,
  TRUST_MODELS,
  type TrustModel,
} from '../../core/report-trust.js';
import { brierByUsers, probability } from '../metrics/brier.js';
import { calibrationErrorByUsers, type ProbabilityBin, probabilityBins } from '../metrics/calibration.js';
import { logLossByUsers } from '../metrics/log-loss.js';
import { bestPlaces, logSumExp, softmax } from '../metrics/softmax.js';
import { difference } from '../statistics/distribution.js';
import { meanOfRows } from '../statistics/ratio-statistic.js';
import { indexUsers, type UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import { Resampled } from '../tasks/compare-task.js';
import type { TaskRow } from '../tasks/task-rows.js';
import { fitTemperature } from './temperature.js';
import { type RowsOfTask, rowsByTask, type Told, toldOf } from './told.js';

/**
 * Calibration of the adapter and of its base model on test, before and after a temperature that is fitted on valid. Of every task whose rows could have had
 * several answers: judgements, lists, ratings.
 */
export function calibrations(
  { test, valid }: { test: readonly TaskRow[]; valid: readonly TaskRow[] },
  options: ReportOptions,
): Calibration[] {
  const fitted = rowsByTask(valid);
  return rowsByTask(test)
    .filter(({ kind }) => kind !== 'text')
    .flatMap((group) => {
      const own = fitted.find(({ task, kind }) => task === group.task && kind === group.kind);
      return TRUST_MODELS.map((model) => calibrationOf(group, own?.rows ?? [], model, options));
    });
}

function calibrationOf(
  { task, kind, rows }: RowsOfTask,
  validRows: readonly TaskRow[],
  model: TrustModel,
  options: ReportOptions,
): Calibration {
  const reason = whyNotFitted(kind, validRows);
  const fitted = reason === null ? fitTemperature(validRows.map((row) => toldOf(row, kind, model))) : undefined;
  const told = rows.map((row) => toldOf(row, kind, model));
  const users = indexUsers(rows.map(({ instruction }) => instruction.userId));
  const after = fitted && told.map((row) => divided(row, fitted.value));
  return {
    task,
    kind,
    model,
    rows: rows.length,
    users: users.count,
    validRows: validRows.length,
    validUsers: new Set(validRows.map(({ instruction }) => instruction.userId)).size,
    temperature: fitted?.value ?? null,
    atEnd: fitted?.atEnd ?? false,
    reason: reason ?? (fitted ? null : 'On valid the model gives all answers the same score.'),
    figures: figuresOf(kind, told, after, users, options),
    bins: { before: binsOf(kind, told), after: after ? binsOf(kind, after) : [] },
  };
}

function whyNotFitted(kind: RowKind, valid: readonly TaskRow[]): string | null {
  if (valid.length === 0) return 'Valid has no such rows to fit a temperature on.';
  if (kind !== 'judgement') return null;
  const liked = valid.filter(({ instruction }) => instruction.label === true).length;
  return liked === 0 || liked === valid.length ? 'All rows of valid have the same label.' : null;
}

function divided({ scores, right }: Told, temperature: number): Told {
  return { scores: scores.map((score) => score / temperature), right };
}

function figuresOf(
  kind: RowKind,
  before: readonly Told[],
  after: readonly Told[] | undefined,
  users: UserIndex,
  options: ReportOptions,
): Calibration['figures'] {
  const resampled = new Resampled(users.count, options);
  const ask = (figure: CalibrationFigure, told: readonly Told[]) => {
    const statistic = statisticOf(figure, kind, told, users);
    return { statistic, read: resampled.ask(statistic) };
  };
  const asked = CALIBRATION_FIGURES.map((figure) => ({
    figure,
    before: ask(figure, before),
    after: after && ask(figure, after),
  }));
  return asked.map((one) => {
    const estimate = ({ statistic, read }: ReturnType<typeof ask>) =>
      statistic.kind === 'distance' ? resampled.estimateOfDistance(statistic) : resampled.estimate(read());
    const [was, is] = [one.before.read(), one.after?.read()];
    const nothing = { value: null, low: null, high: null, leftOut: 0 };
    return {
      figure: one.figure,
      before: estimate(one.before),
      after: one.after ? estimate(one.after) : nothing,
      difference: is ? resampled.estimate(difference(is, was)) : nothing,
    };
  });
}

function statisticOf(figure: CalibrationFigure, kind: RowKind, told: readonly Told[], users: UserIndex): UserStatistic {
  if (figure === 'calibrationError') {
    const { probabilities, outcomes } = certainties(kind, told);
    return calibrationErrorByUsers(probabilities, outcomes, users);
  }
  if (kind === 'judgement') {
    const logOdds = told.map(({ scores }) => scores[0] as number);
    const labels = told.map(({ right }) => right === 0);
    return figure === 'logLoss' ? logLossByUsers(logOdds, labels, users) : brierByUsers(logOdds, labels, users);
  }
  return meanOfRows(told.map(figure === 'logLoss' ? lossOfAnswer : brierOfAnswer), users);
}

/** -ln P(what came true), among the answers that the row could have had. */
function lossOfAnswer({ scores, right }: Told): number {
  return logSumExp(scores) - (scores[right] as number);
}

/** Sum over the answers of (P - 1 if it came true, else 0)^2: from 0 to 2, Brier's own form. */
function brierOfAnswer({ scores, right }: Told): number {
  return softmax(scores).reduce((sum, share, k) => sum + (share - (k === right ? 1 : 0)) ** 2, 0);
}

function binsOf(kind: RowKind, told: readonly Told[]): ProbabilityBin[] {
  const { probabilities, outcomes } = certainties(kind, told);
  return probabilityBins(probabilities, outcomes);
}

/** Of judgements P(liked) and whether it was; else the probability of the likeliest answer and whether it was right, a share where several tie. */
function certainties(kind: RowKind, told: readonly Told[]): { probabilities: number[]; outcomes: number[] } {
  if (kind === 'judgement') {
    return {
      probabilities: told.map(({ scores }) => probability(scores[0] as number)),
      outcomes: told.map(({ right }) => (right === 0 ? 1 : 0)),
    };
  }
  return {
    probabilities: told.map(({ scores }) => Math.max(...softmax(scores))),
    outcomes: told.map(({ scores, right }) => {
      const best = bestPlaces(scores);
      return best.includes(right) ? 1 / best.length : 0;
    }),
  };
}

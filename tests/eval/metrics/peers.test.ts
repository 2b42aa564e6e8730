import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricId } from '../../../src/core/report.js';
import { expectedCalibrationError } from '../../../src/eval/metrics/calibration.js';
import { coverage, gini } from '../../../src/eval/metrics/catalogue.js';
import { METRIC } from '../../../src/eval/metrics/metric.js';
import { rankedList } from '../../../src/eval/metrics/ranked-list.js';
import {
  averagePrecision,
  hitRate,
  ndcg,
  precision,
  rankBiasedPrecision,
  recall,
  reciprocalRank,
} from '../../../src/eval/metrics/ranking.js';
import { indexUsers } from '../../../src/eval/statistics/user-index.js';
import { onAllUsers } from '../../../src/eval/statistics/user-statistic.js';

type ListMetric = (list: ReturnType<typeof rankedList>, k: number) => number | undefined;
const RANKING: Record<string, ListMetric> = {
  hitRate,
  recall,
  precision,
  ndcg,
  reciprocalRank,
  averagePrecision,
  rankBiasedPrecision: (list) => rankBiasedPrecision(list, 0.8),
};

// Values by scikit-learn, and by RecBole's metric classes over every order of equal scores: bench/peers/metric_fixtures.py.
const made = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/metrics.json'), 'utf8')) as {
  judgements: {
    case: string;
    users: string[];
    logOdds: number[];
    labels: boolean[];
    expected: Record<MetricId | 'calibrationError', number | null>;
  }[];
  lists: {
    case: string;
    scores: number[];
    relevant: boolean[];
    k: number;
    expected: Record<string, number | null>;
  }[];
  beyond: { catalogue: string[]; lists: string[][]; expected: { coverage: number; gini: number } }[];
};

function expectEqual(value: number | undefined, expected: number | null, name: string): void {
  if (expected === null) expect(value, name).toBeUndefined();
  else expect(Math.abs((value ?? Number.NaN) - expected), name).toBeLessThan(1e-9);
}

describe('metrics equal those of independent implementations to 1e-9', () => {
  it('has cases of either kind', () => {
    expect(made.judgements.length).toBeGreaterThan(8);
    expect(made.lists.length).toBeGreaterThan(30);
  });

  it.each(made.judgements)('judgements: $case', ({ users, logOdds, labels, expected }) => {
    const index = indexUsers(users);
    expect(Object.keys(expected).sort()).toEqual([...METRICS, 'calibrationError'].sort());
    expectEqual(expectedCalibrationError(logOdds, labels), expected.calibrationError, 'calibrationError');
    for (const metric of METRICS) {
      expectEqual(onAllUsers(METRIC[metric].byUsers(logOdds, labels, index), index), expected[metric], metric);
    }
  });

  it.each(made.beyond)('coverage and Gini: $catalogue', ({ catalogue, lists, expected }) => {
    const shown = lists.map((items) => ({ sure: items, open: [], seats: 0 }));
    expectEqual(coverage(shown, new Set(catalogue)), expected.coverage, 'coverage');
    expectEqual(gini(shown, new Set(catalogue)), expected.gini, 'gini');
  });

  it.each(made.lists)('lists: $case', ({ scores, relevant, k, expected }) => {
    const list = rankedList(scores, relevant);
    expect(Object.keys(expected).sort()).toEqual(Object.keys(RANKING).sort());
    for (const [name, value] of Object.entries(expected)) {
      expectEqual(RANKING[name]?.(list, k), value, name);
    }
  });
});

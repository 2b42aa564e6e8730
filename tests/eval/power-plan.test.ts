import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderPower } from '../../src/cli/render-power.js';
import { PlannedRates, type PowerDemand } from '../../src/core/power.js';
import { Random } from '../../src/core/random.js';
import { METRICS } from '../../src/core/report.js';
import { auc } from '../../src/eval/metrics/auc.js';
import { choosePlans, planOfRates, plansOfReport } from '../../src/eval/power-plan.js';
import { makeReport } from '../../src/eval/report.js';
import { plannedAucVariance } from '../../src/eval/statistics/auc-variance.js';
import { powerOf, unitsNeeded, visibleDifference } from '../../src/eval/statistics/power.js';
import { invoke } from '../cli/invoke.js';
import { inventInput } from './fixtures.js';

const demand = (difference?: number): PowerDemand => ({ difference, alpha: 0.05, power: 0.8 });
const rates = (given: Partial<PlannedRates>) => PlannedRates.parse(given);

describe('the power of a comparison', () => {
  it('needs as many users as have the power, and one fewer has it not', () => {
    const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(between(0.05, 2), between(0.01, 0.2), between(0.3, 0.99), (difference, alpha, power) => {
        const errorOf = (users: number) => 1 / Math.sqrt(users);
        const users = unitsNeeded(errorOf, difference, { alpha, power }) as number;
        expect(powerOf(difference, errorOf(users), alpha)).toBeGreaterThanOrEqual(power);
        if (users > 1) expect(powerOf(difference, errorOf(users - 1), alpha)).toBeLessThan(power);
        const visible = visibleDifference(errorOf(users), { alpha, power });
        expect(visible).toBeLessThanOrEqual(difference + 1e-9);
        expect(powerOf(visible, errorOf(users), alpha)).toBeCloseTo(power, 9);
      }),
    );
  });

  it('is the share of comparisons in which the difference is seen', () => {
    const random = new Random(1, 'power');
    const [error, difference, draws] = [0.4, 1, 20_000];
    let seen = 0;
    for (let draw = 0; draw < draws; draw++) {
      if (Math.abs(difference + error * random.normal()) > 1.959964 * error) seen += 1;
    }
    expect(Math.abs(seen / draws - powerOf(difference, error, 0.05))).toBeLessThan(0.012);
  });

  it('says that no number of users shows a difference of 0', () => {
    expect(unitsNeeded((users) => 1 / users, 0, { alpha: 0.05, power: 0.8 })).toBeUndefined();
  });
});

describe('the variance of an AUC that is planned', () => {
  it.each([
    {
      kind: 'exponential',
      draw: (random: Random, liked: boolean) => -Math.log(1 - random.uniform()) * (liked ? 3 : 1),
      within: 0.08,
    }, // AUC 3/4, for which the formula is exact
    { kind: 'normal', draw: (random: Random, liked: boolean) => random.normal() + (liked ? 0.95 : 0), within: 0.2 },
  ])('is the variance over simulated rows with $kind scores', ({ draw, within }) => {
    const random = new Random(2, 'rows');
    const values = Array.from({ length: 4000 }, () => {
      const labels = Array.from({ length: 60 }, (_, row) => row < 20);
      const scores = labels.map((label) => draw(random, label));
      return auc(scores, labels) as number;
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    expect(Math.abs(plannedAucVariance(mean, 20, 40) / variance - 1)).toBeLessThan(within);
  });

  it.each([
    { auc: 1.2, liked: 3, others: 3 },
    { auc: 0.5, liked: 0, others: 3 },
  ])('refuses $auc with $liked and $others rows', ({ auc: value, liked, others }) =>
    expect(() => plannedAucVariance(value, liked, others)).toThrow(RangeError),
  );
});

describe('a plan from rates', () => {
  it('takes the rows of the textbook formula for two shares on the same rows', () => {
    // n = (1.960 + 0.842)^2 * 2 p (1 - p)(1 - r) / d^2 = 7.849 * 2 * 0.25 * 0.4 / 0.0025
    const plan = planOfRates(rates({ share: 0.5, correlation: 0.6 }), demand(0.05));
    expect(plan.usersNeeded).toBe(628);
  });

  it('sees with the users that a difference takes no more than that difference', () => {
    for (const given of [{ auc: 0.7, liked: 0.6 }, { share: 0.3 }, { deviation: 0.5 }]) {
      const needed = planOfRates(rates({ ...given, rowsPerUser: 8 }), demand(0.03)).usersNeeded as number;
      const { visible } = planOfRates(rates({ ...given, rowsPerUser: 8, users: needed }), demand());
      expect(visible).toBeLessThanOrEqual(0.03);
      expect(visible).toBeGreaterThan(0.0295);
    }
  });

  it('counts rows of one user that are all alike as one', () => {
    const alone = planOfRates(rates({ auc: 0.7 }), demand(0.05));
    const alike = planOfRates(rates({ auc: 0.7, rowsPerUser: 10, similarity: 1 }), demand(0.05));
    expect(alike.usersNeeded).toBe(alone.usersNeeded);
    expect(alike.rowsNeeded).toBe(10 * (alone.rowsNeeded as number));
    const independent = planOfRates(rates({ auc: 0.7, rowsPerUser: 10 }), demand(0.05));
    expect(independent.usersNeeded).toBe(Math.ceil((alone.usersNeeded as number) / 10));
  });

  it.each([
    { case: 'no rate', given: {}, asked: demand(0.1), says: 'neither a run nor a rate' },
    { case: 'two rates', given: { auc: 0.7, share: 0.5 }, asked: demand(0.1), says: '2 rates' },
    { case: 'what no model can reach', given: { auc: 0.7 }, asked: demand(0.71), says: 'it is 0.7 at most' },
    { case: 'nothing to count out', given: { auc: 0.7 }, asked: demand(), says: 'neither a difference nor' },
  ])('is refused for $case', ({ given, asked, says }) => {
    expect(() => planOfRates(rates(given), asked)).toThrow(says);
  });
});

describe('a plan from a report', () => {
  const report = makeReport(inventInput({ users: 60 }));

  it('takes four times the users for half of the difference that they show', () => {
    const [first] = plansOfReport(report, demand());
    const visible = first?.visible as number;
    const [half] = plansOfReport(report, demand(visible / 2));
    expect((half?.usersNeeded as number) / (first?.users as number)).toBeCloseTo(4, 1);
    expect((half?.rowsNeeded as number) / (half?.usersNeeded as number)).toBeCloseTo(
      (first?.rows as number) / (first?.users as number),
      1,
    );
  });

  it('is chosen by split and by metric: its name, else a part of it', () => {
    const plans = plansOfReport(report, demand());
    const chosen = (split: string, metric?: string) => [
      ...new Set(choosePlans(plans, { split, metric }).map((plan) => `${plan.split} ${plan.metric}`)),
    ];
    expect(chosen('test', 'auc')).toEqual(['test AUC']);
    expect(chosen('valid', 'uau')).toEqual(['valid UAUC', 'valid UAUC by rows']);
    expect(chosen('test')).toHaveLength(METRICS.length);
    expect(() => chosen('test', 'ndcg')).toThrow('no metric is called "ndcg"');
    expect(() => chosen('train')).toThrow('no comparisons on train');
  });

  it('counts nothing out where the two are alike on all users: that says nothing of other users', () => {
    const [first] = report.differences;
    if (!first) throw new Error('no difference');
    const same = {
      ...report,
      differences: [{ ...first, difference: { ...first.difference, value: 0, low: 0, high: 0 } }],
    };
    const plans = plansOfReport(same, demand(0.02));
    expect(plans).toMatchObject([{ error: 0, visible: null, usersNeeded: null, rowsNeeded: null }]);
    expect(renderPower(plans, demand(0.02)).text).toContain('-: the difference is the same on every resample');
  });

  it('has every comparison of the report, those without an interval with nothing counted out', () => {
    const plans = plansOfReport(report, demand(0.1));
    expect(plans).toHaveLength(report.differences.length);
    const single = plansOfReport(makeReport(inventInput({ users: 1 })), demand(0.1));
    for (const { visible, usersNeeded, error } of single)
      expect([visible, usersNeeded, error]).toEqual([null, null, null]);
  });
});

describe('rectune power', () => {
  it('counts out users and rows, as words and as JSON', async () => {
    const asked = ['power', '--auc', '0.7', '--difference', '0.05', '--rows-per-user', '5', '--users', '100'];
    const { stdout, code } = await invoke(asked);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^metric +compared +difference now +users +rows +smallest seen +users for 0.05 +rows for 0.05$/m,
    );
    const { plans } = JSON.parse((await invoke([...asked, '--json'])).stdout);
    expect(plans).toEqual([planOfRates(rates({ auc: 0.7, rowsPerUser: 5, users: 100 }), demand(0.05))]);
  });

  it.each([
    { argv: ['some-run', '--auc', '0.7'], says: '--auc is given together with a run' },
    { argv: ['--auc', '0.7', '--split', 'valid'], says: '--split is given without a run' },
    { argv: [], says: 'neither a run nor a rate is given' },
  ])('refuses $argv', async ({ argv, says }) => {
    const { stderr, code } = await invoke(['power', ...argv]);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});

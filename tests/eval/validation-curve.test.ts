import { describe, expect, it } from 'vitest';
import { ReportOptions } from '../../src/core/report.js';
import type { RunEvent } from '../../src/core/run-event.js';
import { auc } from '../../src/eval/metrics/auc.js';
import { evaluatedRows, validationAuc, validationFacts } from '../../src/eval/validation-curve.js';
import { inventedEvents } from './fixtures.js';

const OPTIONS = ReportOptions.parse({ resamples: 200 });
const VALID = Array.from({ length: 12 }, (_, row) => ({ row, userId: `u${row % 4}`, label: row % 3 === 0 }));
const VALIDATION = { data: 'v', rows: [3, 0, 1, 2, 8, 9], every: 10, patience: null, keep: 'best' as const };
const SCORES = [2, 1, -1, 1.5, 0, 3];

function evaluation(step: number, logOdds: number[]): RunEvent {
  return { event: 'validation', step, auc: 0.5, logOdds, best: step === 20, took: 0.5, seconds: step };
}

describe('evaluations on valid', () => {
  it('are read in the order of the run, with the AUC of a report and an interval over users', () => {
    const rows = evaluatedRows(VALIDATION, VALID);
    expect(rows.map(({ row }) => row)).toEqual(VALIDATION.rows);
    const labels = rows.map(({ label }) => label === true);
    const found = validationAuc(SCORES, rows, OPTIONS);
    expect(found.value).toBe(auc(SCORES, labels));
    expect(found.low).toBeLessThanOrEqual(found.value as number);
    expect(found.high).toBeGreaterThanOrEqual(found.value as number);
    expect(() => evaluatedRows({ rows: [99] }, VALID)).toThrow('no row 99');
  });

  it('become the curve of a report, once for a step that a resumed run made again', () => {
    const [start, ...rest] = inventedEvents;
    const done = rest.at(-1) as RunEvent;
    const kept: RunEvent = { event: 'kept', step: 20, lastStep: 30, auc: 0.8, stoppedEarly: true };
    const steps = rest.filter(({ event }) => event === 'step').slice(0, 30);
    const recorded: RunEvent[] = [
      start as RunEvent,
      ...steps,
      evaluation(10, SCORES),
      evaluation(20, [0, 0, 0, 0, 0, 0]),
      start as RunEvent,
      { event: 'resumed', step: 10, checkpoint: 'c' },
      evaluation(20, SCORES),
      evaluation(30, SCORES),
      kept,
      done,
    ];
    const facts = validationFacts(recorded, VALIDATION, VALID, OPTIONS);
    expect(facts).toMatchObject({ rows: 6, users: 4, seconds: 1.5, keptStep: 20, lastStep: 30, stoppedEarly: true });
    expect(facts?.points.map(({ step }) => step)).toEqual([10, 20, 30]);
    expect(facts?.points[1]?.auc).toEqual(facts?.points[0]?.auc);
    expect(validationFacts(recorded, null, VALID, OPTIONS)).toBeNull();
    expect(validationFacts(inventedEvents, VALIDATION, VALID, OPTIONS)).toBeNull();
  });
});

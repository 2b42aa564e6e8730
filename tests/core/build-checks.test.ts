import { expect, it } from 'vitest';
import { describeChecks } from '../../src/core/build-checks.js';

const NOTHING = { leftOut: { zeroRatings: 0, missingTitles: 0 }, twinPrompts: { valid: 0, test: 0 } };

it('what a build left out is said by kind, and what there was none of is not', () => {
  expect(describeChecks({})).toEqual([]);
  expect(describeChecks({ checks: NOTHING })).toEqual([]);
  expect(
    describeChecks({
      checks: {
        leftOut: { zeroRatings: 3, missingTitles: 4, core: 0 },
        withoutRow: { 'a target that was liked': 7, review: 2 },
        lacked: { reasoning: 5 },
        droppedTwins: 1,
        balanced: 8,
        twinPrompts: { valid: 0, test: 2 },
      },
    }),
  ).toEqual([
    'interactions left out: 7 (3 with rating 0, 4 of items without a title)',
    'examples without a row, by what they lack: 9 (7 a target that was liked, 2 review)',
    'templates that gave way to another, by what the example lacked: 5 (reasoning)',
    'rows left out: 9 (1 whose prompt a later split holds, 8 of train by balance)',
    'rows whose prompt an earlier split holds, too: 2 (test)',
  ]);
});

import { FIT_PROTOCOLS, type FitProtocol } from '../core/fit-result.js';
import { type IdModelId, type IdModelStanding, idModel, protocolOf } from '../core/id-models.js';
import type { Titles } from '../core/model-titles.js';
import type { Finding } from '../core/report-figures.js';
import { figure } from './numbers.js';
import { spreadOver } from './spread.js';

/** Which model stands for its protocol where valid decides nothing: settled before any number is known. */
const BY_RULE = 'sasrec';

/** The metric by which ID models are told apart: that of the verdict. */
export interface Told {
  readonly title: string;
  readonly better: 'higher' | 'lower';
  readonly titles: Titles;
}

/**
 * Of each protocol the ID model that the adapter has to beat: the best on valid, so that the choice never looks at test; of equal ones the first.
 *
 * onValid  under the first seed; undefined where it is not defined
 */
export function bestIdModels(
  models: readonly IdModelId[],
  onValid: (model: IdModelId) => number | undefined,
  told: Told,
): IdModelStanding['best'] {
  return FIT_PROTOCOLS.flatMap((protocol) => {
    const own = models.filter((model) => protocolOf(model) === protocol);
    return own.length === 0 ? [] : [{ protocol, ...bestOf(protocol, own, onValid, told) }];
  });
}

function bestOf(
  protocol: FitProtocol,
  models: readonly IdModelId[],
  onValid: (model: IdModelId) => number | undefined,
  { title, better, titles }: Told,
): { model: IdModelId; chosenBy: string } {
  const sign = better === 'higher' ? 1 : -1;
  let best: { model: IdModelId; value: number } | undefined;
  for (const model of models) {
    const value = onValid(model);
    if (value !== undefined && (!best || sign * value > sign * best.value)) best = { model, value };
  }
  const of = models.length === 1 ? 'The only one that was fitted' : `The best of ${models.length}`;
  if (best) {
    const chosenBy = `${of} by ${title} on valid (${figure(best.value)}), without looking at test.`;
    return { model: best.model, chosenBy };
  }
  const rule = models.find((model) => model === idModel(BY_RULE, protocol)) ?? (models[0] as IdModelId);
  return { model: rule, chosenBy: `No ${title} can be given on valid, so it is "${titles(rule)}" by rule.` };
}

/** The main figure on test of each model under each seed. */
export function spreadOfSeeds(
  models: readonly IdModelId[],
  valuesOf: (model: IdModelId) => readonly (number | undefined)[],
): IdModelStanding['spread'] {
  return models.map((model) => {
    const values = valuesOf(model).map((value) => value ?? null);
    return { model, values, ...spreadOver(values) };
  });
}

/** What a sentence against an ID model adds where the trivial baseline is beaten and the ID model is not; else nothing. */
export function besideBaseline(baseline: Finding | undefined, idModel: Finding): string {
  if (baseline !== 'beats' || idModel === 'beats' || idModel === 'not-defined') return '';
  return ' So the adapter beats the best trivial baseline, and is not shown to beat a recommender that reads no text.';
}

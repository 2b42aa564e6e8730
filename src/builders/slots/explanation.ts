import type { Interaction } from '../../core/interaction.js';
import type { LogKnowledge } from '../log-knowledge.js';
import { headlineOf, reviewOf, sentencesOf } from './need.js';

const WORDS = { fewest: 4, most: 30 }; // of an explanation

/** The sentence of a review that explains its rating, and the word that it is about. */
export interface Explanation {
  readonly sentence: string;
  readonly feature: string;
}

/**
 * The first sentence of the target's review that is neither too short nor too long; the feature is its longest word, the first of several.
 *
 * shown    whether the prompt shows the headline, which then must not hold the sentence
 * returns  undefined without such a sentence
 */
export function explain(target: Interaction, log: LogKnowledge, shown = false): Explanation | undefined {
  const review = reviewOf(target, log.roles);
  if (review === undefined) return undefined;
  const headline = shown ? (headlineOf(target, log.roles) ?? '').toLowerCase() : '';
  const sentence = sentencesOf(review).find((one) => {
    if (headline.includes(one.toLowerCase())) return false;
    const words = one.split(/\s+/u).length;
    return words >= WORDS.fewest && words <= WORDS.most;
  });
  if (sentence === undefined) return undefined;
  const words = sentence.match(/\p{L}{4,}/gu) ?? [];
  const feature = words.reduce((longest, word) => (word.length > longest.length ? word : longest), '');
  return feature === '' ? undefined : { sentence, feature: feature.toLowerCase() };
}

import { meanOfRows, type RatioStatistic, ratioOfRows } from '../statistics/ratio-statistic.js';
import type { UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';

/** How likely a model finds the answer that a row has. */
export interface WrittenRow {
  readonly logLikelihood: number; // of the whole answer, in nats
  readonly tokens: number; // that it is a sum over
}

/**
 * Negative log-likelihood a token: -(sum of the answers' log-likelihoods) / (sum of their tokens), in nats. Long answers count more than short ones, as in a
 * corpus; comparable only under one tokeniser.
 *
 * returns [0, infinity), or undefined without tokens
 * source  Jurafsky and Martin, "Speech and Language Processing", 3rd edition, chapter 3 (cross-entropy a word)
 */
export function lossPerTokenByUsers(rows: readonly WrittenRow[], users: UserIndex): UserStatistic {
  return overTokens(rows, users, 'plain');
}

/**
 * Negative log-likelihood a text: mean of -ln P(answer | prompt), in nats. Each row counts the same; does not depend on how the answer is cut
 * into tokens.
 *
 * returns [0, infinity), or undefined without rows
 */
export function lossPerTextByUsers(rows: readonly WrittenRow[], users: UserIndex): UserStatistic {
  return meanOfRows(
    rows.map(({ logLikelihood }) => -logLikelihood),
    users,
  );
}

/**
 * Perplexity: e^(negative log-likelihood a token), the number of equally likely tokens that would be as hard to guess.
 *
 * returns [1, infinity), or undefined without tokens
 * source  Jelinek et al. 1977, "Perplexity - a measure of the difficulty of speech recognition tasks", doi:10.1121/1.2016299
 */
export function perplexityByUsers(rows: readonly WrittenRow[], users: UserIndex): UserStatistic {
  return overTokens(rows, users, 'exponential');
}

function overTokens(rows: readonly WrittenRow[], users: UserIndex, finish: RatioStatistic['finish']): UserStatistic {
  return ratioOfRows(
    rows.map(({ logLikelihood }) => -logLikelihood),
    rows.map(({ tokens }) => tokens),
    users,
    finish,
  );
}

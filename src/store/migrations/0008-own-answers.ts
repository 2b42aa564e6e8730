/** The answers that a row could have had, how they are told apart, and the candidates that they stand for: [scored, choices, candidates]. */
export const ownAnswers = 'alter table instructions add column answers text;';

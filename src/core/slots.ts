/** What a name in a template stands for. */
export type VariableKind =
  | 'history' // a list of items, oldest first; what a long row may lose from its old end
  | 'list' // a list of items that stays whole: candidates
  | 'item' // one item: printed by its fields, e.g. target.title
  | 'entity' // one user: printed by the declared userFields, e.g. user.occupation
  | 'text'
  | 'flag'; // asked by #if, never printed

/** A slot: a name that templates fill in, what it is, and what of the log it is made from. */
export interface Slot {
  readonly kind: VariableKind;
  readonly says: string; // for templates/README.md and for errors
}

/** Every name that a prompt may use; which of them a template may use is its task's choice (core/template.ts). */
export const PROMPT_SLOTS = {
  history: { kind: 'history', says: 'the items before the target, oldest first; not beside liked and disliked' },
  liked: { kind: 'history', says: 'those of the history that the user liked' },
  disliked: { kind: 'history', says: 'those of the history that the user did not like' },
  user: { kind: 'entity', says: 'the user, by the declared userFields: user.occupation' },
  target: { kind: 'item', says: 'the item that is asked about' },
  candidates: { kind: 'list', says: 'the items to choose from; the target stands among them once' },
  preference: { kind: 'text', says: 'the long-term taste in words (P2), made from the history alone' },
  vagueIntention: { kind: 'text', says: "the need in words (I1), made from the target's own review" },
  specificIntention: {
    kind: 'text',
    says: 'the need as a query (I2), made from category and attributes of the target',
  },
  collaborative: { kind: 'text', says: 'how users of train with a like history judged the target' },
  stars: { kind: 'text', says: "the user's rating of the target, as text" },
  headline: { kind: 'text', says: "the headline of the user's review of the target" },
  review: { kind: 'text', says: "the body of the user's review of the target" },
  feature: { kind: 'text', says: 'the word that the explanation is about' },
  factors: { kind: 'text', says: "what to look at, from the recipe's factors: genre, mood, ..." },
  itemWord: { kind: 'text', says: "what the log's items are called: movie, book, ..." },
  itemWords: { kind: 'text', says: 'the same for several: movies, books, ...' },
} as const satisfies Record<string, Slot>;
export type PromptSlot = keyof typeof PROMPT_SLOTS;

/** Every name that an answer may use. */
export const ANSWER_SLOTS = {
  label: { kind: 'flag', says: 'whether the user liked the target' },
  reasoning: { kind: 'text', says: 'the thoughts before the answer, made without knowing it' },
  stars: { kind: 'text', says: "the user's rating of the target, as text" },
  target: { kind: 'item', says: 'the target item' },
  chosen: { kind: 'item', says: 'the candidate that is the target; its letter is chosen.letter' },
  order: { kind: 'text', says: 'the letters of the candidates, the target first, the others as they stand' },
  explanation: { kind: 'text', says: "a sentence of the user's review of the target" },
  headline: { kind: 'text', says: "the headline of the user's review of the target" },
  knowledge: { kind: 'text', says: 'what was written about the user or the item' },
  profile: { kind: 'text', says: 'the same as JSON: {"summarization": ..., "reasoning": ...}' },
  preference: { kind: 'text', says: 'the long-term taste in words (P2)' },
  vagueIntention: { kind: 'text', says: 'the need in words (I1)' },
  specificIntention: { kind: 'text', says: 'the need as a query (I2)' },
} as const satisfies Record<string, Slot>;
export type AnswerSlot = keyof typeof ANSWER_SLOTS;

/** What is made of an example's texts beside titles: each is asked for by the templates that print it. */
export const TEXT_SLOTS = [
  'preference',
  'vagueIntention',
  'specificIntention',
  'collaborative',
  'reasoning',
  'explanation',
  'feature',
  'headline',
  'review',
  'knowledge',
  'profile',
  'factors',
] as const;
export type TextSlot = (typeof TEXT_SLOTS)[number];

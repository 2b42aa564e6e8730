/** What a finding means: an error makes the command fail, a warning is worth a look, a note is only said. */
export type Severity = 'error' | 'warning' | 'note';

/** Something that lint found. */
export interface Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

interface Rule {
  readonly severity: Severity;
  readonly looksAt: readonly ('template' | 'recipe' | 'version')[];
  readonly needsModel: boolean;
  readonly says: string;
}

const ALL = ['template', 'recipe', 'version'] as const;
const TEXTS = ['template', 'recipe'] as const;
const DATA = ['recipe', 'version'] as const;
const rule = (severity: Severity, looksAt: Rule['looksAt'], says: string): Rule => ({
  severity,
  looksAt,
  needsModel: false,
  says,
});
const ofModel = (severity: Severity, says: string): Rule => ({ severity, looksAt: ALL, needsModel: true, says });

/** Every rule, by its name. */
export const RULES = {
  'unknown-slot': rule('error', TEXTS, 'a template uses or declares a name that its task does not offer'),
  'unused-slot': rule('error', TEXTS, 'a template declares a name that it does not use'),
  'answer-slot-in-prompt': rule('error', TEXTS, 'a template prints in the prompt what only the answer may say'),
  'invalid-template': rule('error', TEXTS, 'a template that cannot be loaded for another reason'),
  'invalid-recipe': rule('error', ['recipe'], 'a recipe that cannot be loaded'),
  'label-visible': rule('error', TEXTS, 'the prompt ends in one of the answers'),
  'one-label-named': rule('warning', TEXTS, 'the prompt names one of two labels and not the other'),
  'near-labels': rule('warning', TEXTS, 'labels that differ in case, spaces or punctuation alone'),
  'answer-edge-space': rule('warning', TEXTS, 'an answer that begins or ends in white space that fits no wrapper'),
  'prompt-ends-in-space': rule(
    'warning',
    TEXTS,
    'a prompt that ends in a space or a tab, which most vocabularies put before a word',
  ),
  'glued-answer': rule('warning', TEXTS, 'an answer that follows a word of the prompt with nothing between them'),
  'end-token-as-text': rule(
    'error',
    TEXTS,
    'an output that spells an end token, which is read as plain text and followed by the real one',
  ),
  'future-field': rule(
    'error',
    ALL,
    'an attribute that is counted over the whole log, so that it knows what comes after the target',
  ),
  'undated-tags': rule('warning', DATA, 'tags of which the log does not say when they were put there'),
  'unstable-order': rule('warning', DATA, "a history in an order that is not the user's, though the log has times"),
  'missing-column': rule(
    'error',
    ['recipe'],
    'a recipe that asks of its log what the log does not have, so that no build can be made of it',
  ),
  'no-candidates': rule('error', DATA, 'templates that print candidates in a recipe that draws none'),
  'no-unseen-wording': rule('warning', DATA, 'a family of a mixture without a wording for evaluation only'),
  'mixed-labels': rule('warning', DATA, 'judgements with different label words in one version'),
  'twin-wording': rule('warning', TEXTS, 'two templates that render the same text'),
  'html-title': rule('warning', DATA, 'titles that hold HTML'),
  'one-label': rule('error', ['version'], 'judgements of train that all have one label'),
  'no-end-token': ofModel('error', 'a model whose vocabulary names no end token'),
  'shared-first-token': ofModel('error', 'labels or choices that the model cannot tell apart by their tokens'),
  'merged-answer': ofModel('warning', 'answers whose first token begins in the prompt'),
  'unreadable-row': ofModel('error', 'rows whose tokens are not their text, or that a run would refuse'),
  'too-long': ofModel('error', 'rows that do not fit the limit without any history'),
  'loses-history': ofModel('note', 'rows that lose history to fit the limit'),
} as const satisfies Record<string, Rule>;
export type RuleName = keyof typeof RULES;

/** A finding with the severity of its rule. */
export function finding(name: RuleName, where: string, what: string, fix: string): Finding {
  return { rule: name, severity: RULES[name].severity, where, what, fix };
}

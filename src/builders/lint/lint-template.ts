import { RectuneError } from '../../core/errors.js';
import { type Finding, finding, type RuleName } from '../../core/lint.js';
import { loadTemplate, type Template } from '../load-template.js';
import type { Wrapper } from '../load-wrapper.js';
import { renderSample } from './sample-example.js';

/** A template, if it loads, and what is wrong with it. */
export interface LintedTemplate {
  readonly template: Template | undefined;
  readonly findings: readonly Finding[];
}

/** Loads a template and looks at its text, rendered in a wrapper. Every name that is wrong is told; of other faults the first. */
export function lintTemplate(name: string, folder: string, wrapper: Wrapper): LintedTemplate {
  const findings: Finding[] = [];
  const report = (error: RectuneError): void => void findings.push(loaderFinding(error));
  let template: Template;
  try {
    template = loadTemplate(name, folder, report);
  } catch (error) {
    if (!(error instanceof RectuneError)) throw error;
    report(error);
    return { template: undefined, findings };
  }
  if (findings.length > 0) return { template: undefined, findings };
  return { template, findings: textFindings(template, wrapper) };
}

/** What the loader refuses, by the rule that it is. */
export function loaderFinding({ message, where, fix }: RectuneError): Finding {
  const rules: readonly (readonly [RegExp, RuleName])[] = [
    [/gives the answer away/, 'answer-slot-in-prompt'],
    [/does not offer|do not declare/, 'unknown-slot'],
    [/does not use it$/, 'unused-slot'],
  ];
  const [, rule] = rules.find(([pattern]) => pattern.test(message)) ?? [undefined, 'invalid-template' as const];
  return finding(rule, where, message, fix);
}

const END_TOKENS = /<\/s>|<\|(im_end|endoftext|eot_id|end|end_of_text)\|>|<(end_of_turn|eos)>/;

/** Names of attributes that are counted over a whole log; in camel or snake case. */
const COUNTED =
  /(^|_)(average|avg|mean|popularity|popular|counts?|votes|rank|ranking|trending|score|ratings?_?(sum|total|number))(_|$)/;

/** Whether an attribute of an item, by its name, knows what comes after a target. */
export function isCounted(attribute: string): boolean {
  const snake = attribute.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return COUNTED.test(snake) || attribute === 'tagTimes' || /^(n|num|number)_/.test(snake);
}

function textFindings(template: Template, wrapper: Wrapper): Finding[] {
  const { head, shown, labels } = template;
  const { prompt, answer, choices, values } = renderSample(template, wrapper);
  const found: Finding[] = [];
  const add = (rule: RuleName, what: string, fix: string): void =>
    void found.push(finding(rule, shown, `template "${head.id}" ${what}`, fix));
  for (const field of head.fields) {
    if (isCounted(field)) {
      add(
        'future-field',
        `prints "${field}", which by its name is counted over the whole log`,
        'print what was known before the target, or rename the attribute if it was',
      );
    }
  }
  const answers = choices ?? [answer];
  if (END_TOKENS.test(head.output)) {
    add(
      'end-token-as-text',
      'spells an end token in its output',
      'take it out: the end token of the model is added to every answer',
    );
  }
  if (answers.some((one) => /\s$/.test(one))) {
    add(
      'answer-edge-space',
      'has answers that end in white space',
      'let the answer end in its last word: the end token follows',
    );
  }
  const last = prompt.at(-1) ?? '';
  if (answers.some((one) => /^\s/.test(one)) && /\s/.test(last)) {
    add(
      'answer-edge-space',
      `has answers that begin in white space, and wrapper "${wrapper.head.id}" ends in it already`,
      'take the white space out of the output',
    );
  }
  if (/[ \t]/.test(last)) {
    add(
      'prompt-ends-in-space',
      `and wrapper "${wrapper.head.id}" make a prompt that ends in ${JSON.stringify(last)}`,
      'put the space before the answer, in output, or end the prompt in a line break',
    );
  }
  if (/[\p{L}\p{N}]/u.test(last) && answers.some((one) => /^[\p{L}\p{N}]/u.test(one))) {
    add(
      'glued-answer',
      `and wrapper "${wrapper.head.id}" put the answer right behind ${JSON.stringify(prompt.slice(-12))}`,
      'let the answer begin with a space, or the prompt end in a line break',
    );
  }
  if (labels) found.push(...labelFindings(template, labels, writtenText(prompt, values)));
  return found;
}

/** What of a prompt the template itself wrote; values are left out. */
function writtenText(prompt: string, values: readonly (readonly [number, number])[]): string {
  const bytes = Buffer.from(prompt);
  let [text, at] = ['', 0];
  for (const [begin, end] of values) {
    text += `${bytes.subarray(at, begin).toString()}\u0000`;
    at = end;
  }
  return text + bytes.subarray(at).toString();
}

const bare = (label: string): string =>
  label
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();

function labelFindings({ head, shown }: Template, labels: readonly [string, string], written: string): Finding[] {
  const self = `template "${head.id}"`;
  const found: Finding[] = [];
  const ending = labels.find((label) => written.trimEnd().endsWith(label.trim()));
  if (ending !== undefined) {
    found.push(
      finding(
        'label-visible',
        shown,
        `${self} makes a prompt that ends in ${JSON.stringify(ending)}, one of its answers`,
        'take it out of the prompt: the model is to write it',
      ),
    );
  }
  const [yes, no] = labels.map(bare) as [string, string];
  if (yes === no) {
    found.push(
      finding(
        'near-labels',
        shown,
        `${self} has the labels ${JSON.stringify(labels[0])} and ${JSON.stringify(labels[1])}`,
        'choose two words that differ in their letters',
      ),
    );
    return found;
  }
  const words = ` ${bare(written)} `;
  const told = differing(yes, no);
  const names = told.map((label) => words.includes(` ${label} `));
  if (names[0] !== names[1] && !told.some((label) => label === '')) {
    const [named, other] = names[0] ? labels : [labels[1], labels[0]];
    found.push(
      finding(
        'one-label-named',
        shown,
        `${self} names ${JSON.stringify(named)} in the prompt and not ${JSON.stringify(other)}`,
        'name both labels, or none',
      ),
    );
  }
  return found;
}

/** Two labels without the words that both begin with: "answer yes" and "answer no" are told apart by "yes" and "no". */
function differing(yes: string, no: string): [string, string] {
  const [first, second] = [yes.split(' '), no.split(' ')];
  while (first.length > 1 && second.length > 1 && first[0] === second[0]) {
    first.shift();
    second.shift();
  }
  return [first.join(' '), second.join(' ')];
}

/** Templates that render the same text, by their texts in one wrapper. */
export function twinFindings(templates: readonly Template[], wrapper: Wrapper): Finding[] {
  const first = new Map<string, Template>();
  const found: Finding[] = [];
  for (const template of templates) {
    const { prompt, answer } = renderSample(template, wrapper);
    const text = JSON.stringify([prompt, answer]);
    const twin = first.get(text);
    if (twin === undefined) first.set(text, template);
    else
      found.push(
        finding(
          'twin-wording',
          template.shown,
          `template "${template.head.id}" renders the same text as "${twin.head.id}"`,
          'write it in other words, or take it out',
        ),
      );
  }
  return found;
}

import type { Instruction } from '../../core/instruction.js';
import { sentencesOf, withoutTitle } from '../slots/need.js';
import { type Leak, leak, type ProofLog, type ProofRule, type ProofTemplate } from './leak.js';
import { PromptBytes } from './prompt-bytes.js';

/** Where target and history come from: the same user, the target last, everything in the user's order, labels as the rule has them. */
export function* historyLeaks(row: Instruction, log: ProofLog, rule: ProofRule): Generator<Leak, void> {
  const target = log.line(row.target);
  if (target === undefined) {
    yield leak('unknown-line', row, `line ${row.target}`);
    return;
  }
  if (target.userId !== row.userId) yield leak('foreign-target', row, `line ${row.target} is of user ${target.userId}`);
  const drawn = rule.drawnTargets && row.label === false && target.itemId !== row.itemId;
  if (target.itemId !== row.itemId && !drawn) {
    yield leak('other-item', row, `item ${row.itemId}, and line ${row.target} has ${target.itemId}`);
  }
  if (row.label !== null && row.label !== (drawn ? false : target.liked))
    yield leak('wrong-label', row, String(row.label));
  let before = -1;
  for (const [i, line] of row.historyInteractions.entries()) {
    const shown = log.line(line);
    if (shown === undefined) yield leak('unknown-line', row, `line ${line}`);
    else if (shown.userId !== row.userId) yield leak('foreign-history', row, `line ${line} is of user ${shown.userId}`);
    else if (line === row.target) yield leak('target-in-history', row, `line ${line}`);
    else if (shown.position >= target.position) yield leak('later-in-history', row, `line ${line}`);
    else {
      if (shown.position <= before) yield leak('unordered-history', row, `line ${line}`);
      before = shown.position;
      const label = row.historyLabels[i];
      if (label !== null && label !== shown.liked) yield leak('wrong-history-label', row, `line ${line}`);
    }
  }
}

/** What the prompt prints, byte by byte. */
export function* textLeaks(row: Instruction, template: ProofTemplate, log: ProofLog): Generator<Leak, void> {
  const bytes = new PromptBytes(row.prompt);
  const broken = [...brokenRanges(row.values, bytes, false), ...brokenRanges(row.history, bytes, true)];
  for (const range of broken) yield leak('broken-ranges', row, range);
  if (/\{\{[#^/>]?\s*[A-Za-z]/.test(outside(row, bytes)))
    yield leak('unfilled-slot', row, 'braces outside of every value');
  if (broken.length === 0) yield* historyTextLeaks(row, bytes, log);
  yield* namedTargetLeaks(row, template, bytes, log);
  yield* ownReviewLeaks(row, template, log);
  yield* laterTitleLeaks(row, template, bytes, log);
  yield* shownAnswerLeaks(row, template, bytes);
}

function* brokenRanges(ranges: Instruction['values'], bytes: PromptBytes, mayTouch: boolean): Generator<string, void> {
  let end = 0;
  for (const [begin, stop] of ranges) {
    const inside = begin <= stop && begin >= 0 && stop <= bytes.length;
    if (!inside || bytes.isMiddle(begin) || bytes.isMiddle(stop)) yield `[${begin}, ${stop})`;
    else if (begin < end && !mayTouch) yield `[${begin}, ${stop}) overlaps the one before`;
    end = Math.max(end, stop);
  }
}

/** The prompt without what was inserted. */
function outside({ values }: Instruction, bytes: PromptBytes): string {
  const pieces: string[] = [];
  let read = 0;
  for (const [begin, end] of values) {
    pieces.push(bytes.text(read, Math.max(read, begin)));
    read = Math.max(read, end);
  }
  return [...pieces, bytes.text(read)].join('\u0000');
}

/** Each range of the history holds the title of the item that its line of the log names. */
function* historyTextLeaks(row: Instruction, bytes: PromptBytes, log: ProofLog): Generator<Leak, void> {
  if (row.history.length !== row.historyInteractions.length) {
    yield leak(
      'other-text-in-history',
      row,
      `${row.history.length} places for ${row.historyInteractions.length} interactions`,
    );
    return;
  }
  for (const [i, [begin, end]] of row.history.entries()) {
    const line = row.historyInteractions[i] as number;
    const title = log.title(log.line(line)?.itemId ?? '');
    if (title === undefined) continue; // unknown lines are told by historyLeaks
    if (!holdsOne(log.forms(log.line(line)?.itemId ?? ''), bytes.text(begin, end))) {
      yield leak('other-text-in-history', row, `line ${line}, ${JSON.stringify(title)}`);
    }
  }
}

function holdsOne(forms: readonly string[], text: string): boolean {
  return forms.some((form) => text.includes(form));
}

/** Values that stand outside of the history: where a target may not be named. */
function valuesBeside(row: Instruction, bytes: PromptBytes): string[] {
  return row.values
    .filter(([begin, end]) => !row.history.some(([from, to]) => begin >= from && end <= to))
    .map(([begin, end]) => bytes.text(begin, end));
}

const SHORTEST = 4; // characters of a title that says something when it is found inside other words

/** A task that asks for an item may print its title among the candidates alone, or where it stands in the history. */
function* namedTargetLeaks(
  row: Instruction,
  template: ProofTemplate,
  bytes: PromptBytes,
  log: ProofLog,
): Generator<Leak, void> {
  if (!template.asksForItem) return;
  const title = log.title(row.itemId);
  if (title === undefined || title.trim().length < SHORTEST) return;
  const candidates = new Set((row.candidates ?? []).flatMap((id) => log.forms(id)));
  const isCandidate = (value: string): boolean =>
    template.promptSlots.has('candidates') && (candidates.has(value) || candidates.has(value.slice(1, -1)));
  const values = valuesBeside(row, bytes).filter((value) => !isCandidate(value));
  for (const name of new Set([title, title.replace(/\s*\(\d{4}\)$/u, '')])) {
    if (name.length < SHORTEST) continue;
    // A title of one word may be a word of the template itself.
    const texts = /\s/.test(name) ? [...values, outside(row, bytes)] : values;
    if (!texts.some((text) => isWord(text, name))) continue;
    yield leak('target-named', row, JSON.stringify(name));
    return;
  }
}

/** Whether a name stands in a text with no letter or digit beside it, whatever its capitals. */
function isWord(text: string, name: string): boolean {
  const [low, wanted] = [text.toLowerCase(), name.toLowerCase()];
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, at + 1)) {
    const [before, after] = [low[at - 1] ?? ' ', low[at + wanted.length] ?? ' '];
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) return true;
  }
  return false;
}

const REVIEW_SLOTS = ['review', 'vagueIntention', 'feature', 'headline'];
const REVIEW_WORDS = 4; // of a sentence that is told from a phrase that anybody may use

/** A sentence of the target's own review may stand in the prompt only where a slot asks for it. */
function* ownReviewLeaks(row: Instruction, template: ProofTemplate, log: ProofLog): Generator<Leak, void> {
  const target = log.line(row.target);
  if (target?.review === undefined || REVIEW_SLOTS.some((slot) => template.promptSlots.has(slot))) return;
  const prompt = row.prompt.toLowerCase();
  const title = log.title(target.itemId) ?? '';
  for (const sentence of sentencesOf(target.review)) {
    if (sentence.split(/\s+/u).length < REVIEW_WORDS) continue;
    for (const form of [sentence, withoutTitle(sentence, title)]) {
      if (!prompt.includes(form.toLowerCase())) continue;
      yield leak('review-shown', row, JSON.stringify(form.slice(0, 60)));
      return;
    }
  }
}

/** A taste or a need is made before what comes after: it names nothing that the user met only later. */
function* laterTitleLeaks(
  row: Instruction,
  template: ProofTemplate,
  bytes: PromptBytes,
  log: ProofLog,
): Generator<Leak, void> {
  if (!template.promptSlots.has('preference')) return;
  const target = log.line(row.target);
  if (target === undefined) return;
  const met = log.of(row.userId);
  const before = new Set(met.filter(({ position }) => position < target.position).map(({ itemId }) => itemId));
  const later = met.filter(
    ({ position, itemId }) => position > target.position && !before.has(itemId) && itemId !== row.itemId,
  );
  if (later.length === 0) return;
  const candidates = new Set((row.candidates ?? []).map((id) => log.title(id) ?? ''));
  const texts = valuesBeside(row, bytes).filter((value) => !candidates.has(value.replace(/^"|"$/g, '')));
  for (const { itemId } of later) {
    const title = log.title(itemId) ?? '';
    if (title.length < SHORTEST || !texts.some((text) => isWord(text, title))) continue;
    yield leak('later-title', row, JSON.stringify(title));
    return;
  }
}

const ANSWER_WORDS = 3; // of free text that is told from words that a prompt holds by chance

/** Free text that is asked for does not stand in the prompt, and no answer stands at its end. */
function* shownAnswerLeaks(row: Instruction, template: ProofTemplate, bytes: PromptBytes): Generator<Leak, void> {
  const answer = row.answer.trim();
  if (row.choices === null && answer.split(/\s+/u).length >= ANSWER_WORDS) {
    const given = template.promptSlots.has('review') ? outside(row, bytes) : row.prompt;
    if (given.toLowerCase().includes(answer.toLowerCase()))
      yield leak('answer-shown', row, JSON.stringify(answer.slice(0, 60)));
  }
  const last = row.values.at(-1)?.[1] ?? 0;
  const tail = bytes.text(last).trimEnd();
  if (
    answer !== '' &&
    tail.length > answer.length &&
    tail.endsWith(answer) &&
    /[\s:>]/.test(tail.at(-answer.length - 1) ?? '')
  ) {
    yield leak('answer-appended', row, JSON.stringify(answer.slice(0, 60)));
  }
}

/** The answer is one of the row's, it says the label, and it stands for the target. */
export function* answerLeaks(row: Instruction, template: ProofTemplate): Generator<Leak, void> {
  const { choices, answer, label, candidates, itemId } = row;
  if (choices === null) return;
  if (!choices.includes(answer)) yield leak('answer-not-among-choices', row, JSON.stringify(answer));
  if (new Set(choices).size !== choices.length) yield leak('equal-choices', row, JSON.stringify(choices));
  if (label !== null && template.labels && answer !== choices[label ? 0 : 1]) {
    yield leak('answer-against-label', row, `${JSON.stringify(answer)} for ${label ? 'liked' : 'not liked'}`);
  }
  if (candidates === null) return;
  if (candidates.length !== choices.length) {
    yield leak('candidates-against-choices', row, `${candidates.length} and ${choices.length}`);
  } else if (candidates[choices.indexOf(answer)] !== itemId) yield leak('wrong-choice', row, JSON.stringify(answer));
}

/** The target stands among the candidates once, and nothing else that the user met. */
export function* candidateLeaks(
  row: Instruction,
  template: ProofTemplate,
  log: ProofLog,
  rule: ProofRule,
): Generator<Leak, void> {
  const { candidates, itemId, userId } = row;
  if (candidates === null) return;
  const times = candidates.filter((id) => id === itemId).length;
  if (times !== 1) yield leak('target-not-candidate', row, `item ${itemId} ${times} times`);
  const target = log.line(row.target);
  const met = log.metBy(userId);
  for (const id of candidates) {
    if (id === itemId || !met.has(id)) continue;
    const disliked = met.get(id)?.some(({ liked, position }) => !liked && position < (target?.position ?? 0));
    if (!(rule.dislikedCandidates && disliked)) yield leak('met-candidate', row, `item ${id}`);
  }
  const titles = candidates.map((id) => log.title(id) ?? id);
  if (new Set(titles).size !== titles.length) yield leak('twin-candidates', row, JSON.stringify(titles));
  if (!template.promptSlots.has('candidates')) return;
  const hidden = candidates.findIndex((id) => !holdsOne(log.forms(id), row.prompt));
  if (hidden >= 0) yield leak('candidate-not-shown', row, JSON.stringify(titles[hidden]));
}

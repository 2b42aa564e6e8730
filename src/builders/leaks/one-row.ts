import { type MadeRow, NO_LABEL } from '../../core/made-row.js';
import { sentencesOf, withoutTitle } from '../slots/need.js';
import { type Leak, leak, type ProofLog, type ProofRule, type ProofTemplate, type ProvenInteraction } from './leak.js';

/** A row with what the log says of its lines; it holds until the next one is seen. */
export interface SeenRow {
  readonly row: MadeRow;
  readonly template: ProofTemplate;
  readonly target: ProvenInteraction | undefined; // undefined: no interaction stands on the line
  readonly shown: readonly (ProvenInteraction | undefined)[]; // of the lines of the history
}

export function seeRow(row: MadeRow, template: ProofTemplate, log: ProofLog): SeenRow {
  log.of(row.userId); // whose lines are found at once, as those of others are not
  shownLines.length = row.lineCount;
  for (let i = 0; i < row.lineCount; i++) shownLines[i] = log.line(row.lines[i] as number);
  return { row, template, target: log.line(row.target), shown: shownLines };
}

const shownLines: (ProvenInteraction | undefined)[] = []; // used again for each row

/** Where target and history come from: the same user, the target last, everything in the user's order, labels as the rule has them. */
export function historyLeaks({ row, target, shown }: SeenRow, rule: ProofRule, found: Leak[]): void {
  if (target === undefined) {
    found.push(leak('unknown-line', row, `line ${row.target}`));
    return;
  }
  if (target.userId !== row.userId)
    found.push(leak('foreign-target', row, `line ${row.target} is of user ${target.userId}`));
  if (!target.mayBeTarget) found.push(leak('forbidden-target', row, `line ${row.target}`));
  const drawn = rule.drawnTargets && row.label === false && target.itemId !== row.itemId;
  if (target.itemId !== row.itemId && !drawn) {
    found.push(leak('other-item', row, `item ${row.itemId}, and line ${row.target} has ${target.itemId}`));
  }
  if (row.label !== null && row.label !== (drawn ? false : target.liked))
    found.push(leak('wrong-label', row, String(row.label)));
  let before = -1;
  for (let i = 0; i < shown.length; i++) {
    const line = row.lines[i] as number;
    const one = shown[i];
    if (one === undefined) found.push(leak('unknown-line', row, `line ${line}`));
    else if (one.userId !== row.userId)
      found.push(leak('foreign-history', row, `line ${line} is of user ${one.userId}`));
    else if (line === row.target) found.push(leak('target-in-history', row, `line ${line}`));
    else if (one.position >= target.position) found.push(leak('later-in-history', row, `line ${line}`));
    else {
      if (one.position <= before) found.push(leak('unordered-history', row, `line ${line}`));
      before = one.position;
      const label = i < row.labelCount ? row.labels[i] : undefined;
      if (label !== NO_LABEL && label !== Number(one.liked))
        found.push(leak('wrong-history-label', row, `line ${line}`));
    }
  }
}

/** What the prompt prints, byte by byte. */
export function textLeaks(seen: SeenRow, log: ProofLog, found: Leak[]): void {
  const { row, template } = seen;
  const { values, valueCount, history, historyCount } = row;
  const broken = brokenRanges(values, valueCount, row, false) + brokenRanges(history, historyCount, row, true);
  if (broken > 0) {
    const say = (range: string) => found.push(leak('broken-ranges', row, range));
    brokenRanges(values, valueCount, row, false, say);
    brokenRanges(history, historyCount, row, true, say);
  }
  // Braces that stand together outside of the values stand together in the prompt.
  if (row.prompt().includes('{{') && /\{\{[#^/>]?\s*[A-Za-z]/.test(outside(row)))
    found.push(leak('unfilled-slot', row, 'braces outside of every value'));
  if (broken === 0) historyTextLeaks(seen, found);
  if (template.asksForItem) namedTargetLeaks(row, template, log, found);
  ownReviewLeaks(seen, log, found);
  if (template.promptSlots.has('preference')) laterTitleLeaks(seen, log, found);
  shownAnswerLeaks(row, template, found);
}

/** How many ranges do not lie in the prompt, in order and at characters. */
function brokenRanges(
  ranges: Int32Array,
  count: number,
  row: MadeRow,
  mayTouch: boolean,
  say?: (range: string) => void,
): number {
  let end = 0;
  let broken = 0;
  for (let i = 0; i < count; i++) {
    const [begin, stop] = [ranges[2 * i] as number, ranges[2 * i + 1] as number];
    const inside = begin <= stop && begin >= 0 && stop <= row.length;
    if (!inside || row.isMiddle(begin) || row.isMiddle(stop)) {
      broken += 1;
      say?.(`[${begin}, ${stop})`);
    } else if (begin < end && !mayTouch) {
      broken += 1;
      say?.(`[${begin}, ${stop}) overlaps the one before`);
    }
    if (stop > end) end = stop;
  }
  return broken;
}

/** The prompt without what was inserted. */
function outside(row: MadeRow): string {
  const pieces: string[] = [];
  let read = 0;
  for (let i = 0; i < row.valueCount; i++) {
    pieces.push(row.part(read, Math.max(read, row.values[2 * i] as number)));
    read = Math.max(read, row.values[2 * i + 1] as number);
  }
  return [...pieces, row.part(read)].join('\u0000');
}

/** Each range of the history holds the title of the item that its line of the log names. */
function historyTextLeaks({ row, shown }: SeenRow, found: Leak[]): void {
  const { history, historyCount, lines, lineCount } = row;
  if (historyCount !== lineCount) {
    found.push(leak('other-text-in-history', row, `${historyCount} places for ${lineCount} interactions`));
    return;
  }
  for (let i = 0; i < historyCount; i++) {
    const one = shown[i];
    if (one?.title === undefined) continue; // unknown lines are told by historyLeaks
    const [begin, end] = [history[2 * i] as number, history[2 * i + 1] as number];
    // Most templates print a title in quotes: where it stands there, nothing need be searched.
    if (row.holdsAt(one.titleBytes, begin + 1, end) || holdsOne(one.forms, row.part(begin, end))) continue;
    found.push(leak('other-text-in-history', row, `line ${lines[i]}, ${JSON.stringify(one.title)}`));
  }
}

function holdsOne(forms: readonly string[], text: string): boolean {
  return forms.some((form) => text.includes(form));
}

/** Values that stand outside of the history: where a target may not be named. */
function valuesBeside(row: MadeRow): string[] {
  const texts: string[] = [];
  for (let i = 0; i < row.valueCount; i++) {
    const [begin, end] = [row.values[2 * i] as number, row.values[2 * i + 1] as number];
    if (!isInHistory(row, begin, end)) texts.push(row.part(begin, end));
  }
  return texts;
}

function isInHistory({ history, historyCount }: MadeRow, begin: number, end: number): boolean {
  for (let i = 0; i < historyCount; i++) {
    if (begin >= (history[2 * i] as number) && end <= (history[2 * i + 1] as number)) return true;
  }
  return false;
}

const SHORTEST = 4; // characters of a title that says something when it is found inside other words

/** A task that asks for an item may print its title among the candidates alone, or where it stands in the history. */
function namedTargetLeaks(row: MadeRow, template: ProofTemplate, log: ProofLog, found: Leak[]): void {
  const title = log.title(row.itemId);
  if (title === undefined || title.trim().length < SHORTEST) return;
  const candidates = new Set((row.candidates ?? []).flatMap((id) => log.forms(id)));
  const isCandidate = (value: string): boolean =>
    template.promptSlots.has('candidates') && (candidates.has(value) || candidates.has(value.slice(1, -1)));
  const values = valuesBeside(row).filter((value) => !isCandidate(value));
  for (const name of new Set([title, title.replace(/\s*\(\d{4}\)$/u, '')])) {
    if (name.length < SHORTEST) continue;
    // A title of one word may be a word of the template itself.
    const texts = /\s/.test(name) ? [...values, outside(row)] : values;
    if (!texts.some((text) => isWord(text, name))) continue;
    found.push(leak('target-named', row, JSON.stringify(name)));
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
function ownReviewLeaks({ row, template, target }: SeenRow, log: ProofLog, found: Leak[]): void {
  if (target?.review === undefined || REVIEW_SLOTS.some((slot) => template.promptSlots.has(slot))) return;
  const prompt = row.prompt().toLowerCase();
  const title = log.title(target.itemId) ?? '';
  for (const sentence of sentencesOf(target.review)) {
    if (sentence.split(/\s+/u).length < REVIEW_WORDS) continue;
    for (const form of [sentence, withoutTitle(sentence, title)]) {
      if (!prompt.includes(form.toLowerCase())) continue;
      found.push(leak('review-shown', row, JSON.stringify(form.slice(0, 60))));
      return;
    }
  }
}

/** A taste or a need is made before what comes after: it names nothing that the user met only later. */
function laterTitleLeaks({ row, target }: SeenRow, log: ProofLog, found: Leak[]): void {
  if (target === undefined) return;
  const met = log.of(row.userId);
  const before = new Set(met.filter(({ position }) => position < target.position).map(({ itemId }) => itemId));
  const later = met.filter(
    ({ position, itemId }) => position > target.position && !before.has(itemId) && itemId !== row.itemId,
  );
  if (later.length === 0) return;
  const candidates = new Set((row.candidates ?? []).map((id) => log.title(id) ?? ''));
  const texts = valuesBeside(row).filter((value) => !candidates.has(value.replace(/^"|"$/g, '')));
  for (const { itemId } of later) {
    const title = log.title(itemId) ?? '';
    if (title.length < SHORTEST || !texts.some((text) => isWord(text, title))) continue;
    found.push(leak('later-title', row, JSON.stringify(title)));
    return;
  }
}

const ANSWER_WORDS = 3; // of free text that is told from words that a prompt holds by chance

/** Free text that is asked for does not stand in the prompt, and no answer stands at its end. */
function shownAnswerLeaks(row: MadeRow, template: ProofTemplate, found: Leak[]): void {
  const answer = row.answer.trim();
  if (row.choices === null && answer.split(/\s+/u).length >= ANSWER_WORDS) {
    const given = template.promptSlots.has('review') ? outside(row) : row.prompt();
    if (given.toLowerCase().includes(answer.toLowerCase()))
      found.push(leak('answer-shown', row, JSON.stringify(answer.slice(0, 60))));
  }
  const last = row.valueCount === 0 ? 0 : (row.values[2 * row.valueCount - 1] as number);
  const tail = row.part(last).trimEnd();
  if (
    answer !== '' &&
    tail.length > answer.length &&
    tail.endsWith(answer) &&
    /[\s:>]/.test(tail.at(-answer.length - 1) ?? '')
  ) {
    found.push(leak('answer-appended', row, JSON.stringify(answer.slice(0, 60))));
  }
}

/** The answer is one of the row's, it says the label, and it stands for the target. */
export function answerLeaks({ row, template }: SeenRow, found: Leak[]): void {
  const { choices, answer, label, candidates, itemId } = row;
  if (choices === null) return;
  if (!choices.includes(answer)) found.push(leak('answer-not-among-choices', row, JSON.stringify(answer)));
  if (hasEqual(choices)) found.push(leak('equal-choices', row, JSON.stringify(choices)));
  if (label !== null && template.labels && answer !== choices[label ? 0 : 1]) {
    found.push(leak('answer-against-label', row, `${JSON.stringify(answer)} for ${label ? 'liked' : 'not liked'}`));
  }
  if (candidates === null) return;
  if (candidates.length !== choices.length) {
    found.push(leak('candidates-against-choices', row, `${candidates.length} and ${choices.length}`));
  } else if (candidates[choices.indexOf(answer)] !== itemId)
    found.push(leak('wrong-choice', row, JSON.stringify(answer)));
}

function hasEqual(texts: readonly string[]): boolean {
  return texts.length === 2 ? texts[0] === texts[1] : new Set(texts).size !== texts.length;
}

/** The target stands among the candidates once, and nothing else that the user met. */
export function candidateLeaks(
  { row, template, target }: SeenRow,
  log: ProofLog,
  rule: ProofRule,
  found: Leak[],
): void {
  const { candidates, itemId, userId } = row;
  if (candidates === null) return;
  const times = candidates.filter((id) => id === itemId).length;
  if (times !== 1) found.push(leak('target-not-candidate', row, `item ${itemId} ${times} times`));
  const met = log.metBy(userId);
  for (const id of candidates) {
    if (id === itemId || !met.has(id)) continue;
    const disliked = met.get(id)?.some(({ liked, position }) => !liked && position < (target?.position ?? 0));
    if (!(rule.dislikedCandidates && disliked)) found.push(leak('met-candidate', row, `item ${id}`));
  }
  const titles = candidates.map((id) => log.title(id) ?? id);
  if (new Set(titles).size !== titles.length) found.push(leak('twin-candidates', row, JSON.stringify(titles)));
  if (!template.promptSlots.has('candidates')) return;
  const hidden = candidates.findIndex((id) => !holdsOne(log.forms(id), row.prompt()));
  if (hidden >= 0) found.push(leak('candidate-not-shown', row, JSON.stringify(titles[hidden])));
}

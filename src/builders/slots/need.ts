import type { Interaction, Item } from '../../core/interaction.js';
import type { Roles } from '../column-roles.js';
import { categoriesOf, type LogKnowledge, partsOf } from '../log-knowledge.js';

const LONGEST = 200; // characters of a vague need
const FEWEST_WORDS = 3;
const TAGS = 2; // that a query holds at most

/** The review that an interaction carries; undefined without one. */
export function reviewOf({ attributes }: Interaction, { review }: Roles): string | undefined {
  const text = review === undefined ? '' : (attributes[review] ?? '').replace(/\s+/gu, ' ').trim();
  return text === '' ? undefined : text;
}

export function headlineOf({ attributes }: Interaction, { headline }: Roles): string | undefined {
  const text = headline === undefined ? '' : (attributes[headline] ?? '').replace(/\s+/gu, ' ').trim();
  return text === '' ? undefined : text;
}

/** Sentences of a text: cut behind ".", "!" and "?" that a space follows. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/**
 * The need behind a choice in the user's own words (I1), by rule: the first sentences of the target's own review that fit, with
 * the item's title taken out, for that would name the answer.
 *
 * returns  undefined without a review, or when fewer than three words are left
 */
export function vagueNeed(target: Interaction, item: Item, log: LogKnowledge): string | undefined {
  const review = reviewOf(target, log.roles);
  if (review === undefined) return undefined;
  let text = '';
  for (const sentence of sentencesOf(withoutTitle(review, item.title))) {
    if (text !== '' && text.length + sentence.length + 1 > LONGEST) break;
    text = text === '' ? sentence : `${text} ${sentence}`;
  }
  if (text.length > LONGEST) text = text.slice(0, LONGEST).replace(/\s+\S*$/u, '');
  return text.split(/\s+/u).length < FEWEST_WORDS ? undefined : text;
}

/** The title, also without a year behind it, whatever its capitals, becomes "it". */
export function withoutTitle(text: string, title: string): string {
  const bare = title.replace(/\s*\(\d{4}\)\s*$/u, '');
  let rest = text;
  for (const name of [title, bare]) {
    if (name.trim().length >= 2) rest = rest.replace(new RegExp(escaped(name.trim()), 'giu'), 'it');
  }
  return rest;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/**
 * The need as a query (I2): categories of the target, then the tags that it had before the user chose it.
 *
 * returns  undefined when the item has neither
 */
export function specificNeed(target: Interaction, item: Item, log: LogKnowledge): string | undefined {
  const categories = categoriesOf(item, log.roles);
  const tags = tagsBefore(item, target.timestamp, log.roles)
    .filter((tag) => !namesTitle(tag, item.title))
    .slice(0, TAGS);
  const words = [...new Set([...categories, ...tags].map((word) => word.toLowerCase()))];
  return words.length === 0 ? undefined : words.join(', ');
}

/** Whether a tag holds the title, or is a part of it: people put such tags, and they would give the target away. */
function namesTitle(tag: string, title: string): boolean {
  const [low, bare] = [tag.toLowerCase(), title.toLowerCase().replace(/\s*\(\d{4}\)\s*$/u, '')];
  return bare.includes(low) || low.includes(bare);
}

/** Tags whose first use is earlier than a moment; all of them when the log has no times. */
function tagsBefore(item: Item, moment: number | null, { tags }: Roles): string[] {
  if (tags === undefined) return [];
  const names = partsOf(item.attributes[tags] ?? '');
  const times = (item.attributes[`${tags.replace(/s$/, '')}Times`] ?? '').split('|');
  if (moment === null || times.length !== names.length) return names;
  return names.filter((_, i) => Number(times[i]) < moment);
}

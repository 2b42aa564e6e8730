import type { Personal } from './curation/steps.js';

/** Something personal in a text: UTF-16 offsets. */
export interface Finding {
  readonly kind: Personal;
  readonly begin: number;
  readonly end: number;
  readonly text: string;
}

const PATTERNS: Readonly<Record<Personal, RegExp>> = {
  url: /\b(?:https?:\/\/|ftp:\/\/|www\.)[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/giu,
  mail: /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}](?:[\p{L}\p{N}._%+-]*[\p{L}\p{N}_%+-])?@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,24}(?![\p{L}\p{N}])/gu,
  ip: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d]|\.\d)|(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])|(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?(?![\w:])/giu,
  card: /(?<!\d|\d[ -])\d(?:[ -]?\d){12,18}(?![ -]?\d)/gu,
  phone:
    /(?<![\w+])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}|\(\d{2,5}\)[ .-]?\d{3,4}[ .-]?\d{3,5}|\d{3}[ .-]\d{3}[ .-]\d{4}|0\d{2,4}[ /-]\d{5,8})(?![\w])/gu,
};
const FEWEST_PHONE_DIGITS = 8;

/** What of these kinds stands in a text, from left to right, none over another: of two that touch the first, then that of the earlier kind. */
export function findPersonal(text: string, kinds: readonly Personal[]): Finding[] {
  const all = kinds.flatMap((kind) =>
    [...text.matchAll(PATTERNS[kind])]
      .map(([found], i, matches) => ({ kind, begin: matches[i]?.index ?? 0, text: found }))
      .filter(({ text: found }) => isPersonal(kind, found)),
  );
  const order =
    kinds.length > 0 ? all.sort((a, b) => a.begin - b.begin || kinds.indexOf(a.kind) - kinds.indexOf(b.kind)) : [];
  const findings: Finding[] = [];
  let end = 0;
  for (const one of order) {
    if (one.begin < end) continue;
    end = one.begin + one.text.length;
    findings.push({ ...one, end });
  }
  return findings;
}

function isPersonal(kind: Personal, text: string): boolean {
  if (kind === 'card') return passesLuhn(text.replace(/\D/g, ''));
  if (kind === 'phone') return text.replace(/\D/g, '').length >= FEWEST_PHONE_DIGITS;
  // Sixteen bits a group: an address that has none above 255 is more often a ratio or a time.
  if (kind === 'ip' && text.includes('::')) return /[\da-f]{3}/iu.test(text);
  return true;
}

/** Whether the check digit of a card number is right: ISO/IEC 7812-1, annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const counted = i % 2 === 1 ? digit * 2 : digit;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return digits.length > 0 && sum % 10 === 0;
}

/** A street with its number, as it is written in English and in German. A rough look: it counts, and hides nothing. */
const STREET =
  /(?<![\p{L}\p{N}])\d{1,5}[a-z]? (?:[NSEW]\.? )?(?:\p{Lu}[\p{L}'.-]* ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Terrace)(?![\p{L}])|(?<![\p{L}\p{N}])\p{Lu}[\p{L}-]{2,30}(?:stra(?:ß|ss)e|str\.|gasse|allee|platz) ?\d{1,4}[a-z]?(?![\p{L}\p{N}])/gu;

/** How many mails, phone numbers and street addresses stand in a text; undefined when there is none. */
export function countPersonal(text: string): { mails: number; phones: number; addresses: number } | undefined {
  const hasDigits = /\d/.test(text);
  if (!hasDigits && !text.includes('@')) return undefined; // most texts: nothing to look for
  const kinds: Personal[] = [
    ...(text.includes('@') ? (['mail'] as const) : []),
    ...(hasDigits ? (['phone'] as const) : []),
  ];
  const found = findPersonal(text, kinds);
  const mails = found.filter(({ kind }) => kind === 'mail').length;
  const addresses = hasDigits ? [...text.matchAll(STREET)].length : 0;
  const phones = found.length - mails;
  return mails + phones + addresses > 0 ? { mails, phones, addresses } : undefined;
}

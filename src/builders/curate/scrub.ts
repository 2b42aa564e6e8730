import type { Personal } from '../../core/curation/steps.js';
import type { ByteRange, Instruction } from '../../core/instruction.js';
import { findPersonal } from '../../core/personal-data.js';
import { keyedHash } from '../../platform/files.js';
import type { JudgeMaker } from './judge.js';
import { type Replacement, replaceRanges } from './replace-ranges.js';

const DIGITS = 10; // of a pseudonym: 40 bits

/** Puts what is personal in the inserted texts of a prompt, and in a free answer, under pseudonyms. Marks stay right. */
export const scrub: JudgeMaker<'scrub'> = ({ kinds, answers, keyFile }, scene) => {
  const key = keyFile === undefined ? new Uint8Array() : scene.key(keyFile);
  const pseudonym = (kind: Personal, text: string): string =>
    `<${kind} ${keyedHash(key, `${kind}\0${plain(kind, text)}`).slice(0, DIGITS)}>`;
  return (row) => {
    const audit: Record<string, number> = {};
    const found = (text: string): { begin: number; end: number; put: string }[] =>
      findPersonal(text, kinds).map(({ kind, begin, end, text: one }) => {
        audit[kind] = (audit[kind] ?? 0) + 1;
        return { begin, end, put: pseudonym(kind, one) };
      });
    const prompt = scrubbedPrompt(row, found);
    const answer = answers && row.choices === null ? scrubbedText(row.answer, found(row.answer)) : row.answer;
    return Object.keys(audit).length === 0 ? undefined : { changed: { ...row, ...prompt, answer }, audit };
  };
};

type Finder = (text: string) => { begin: number; end: number; put: string }[];

/** The same address is the same person, however it is written. */
function plain(kind: Personal, text: string): string {
  return kind === 'card' || kind === 'phone' ? text.replace(/[^\d+]/g, '') : text.toLowerCase();
}

function scrubbedText(text: string, findings: readonly { begin: number; end: number; put: string }[]): string {
  let read = 0;
  const pieces = findings.map(({ begin, end, put }) => {
    const piece = text.slice(read, begin) + put;
    read = end;
    return piece;
  });
  return pieces.join('') + text.slice(read);
}

/** Prompt with its ranges, and the parts that it was joined from. */
function scrubbedPrompt(
  row: Instruction,
  found: Finder,
): Pick<Instruction, 'prompt' | 'values' | 'history' | 'instruction' | 'input'> {
  const { values, history } = row;
  const bytes = Buffer.from(row.prompt);
  const replacements = values.flatMap(([begin, end]): Replacement[] => {
    const value = bytes.toString('utf8', begin, end);
    const at = (offset: number): number => begin + Buffer.byteLength(value.slice(0, offset));
    return found(value).map((one) => ({ range: [at(one.begin), at(one.end)], text: one.put }));
  });
  const { prompt, instruction, input } = row;
  if (replacements.length === 0) return { prompt, instruction, input, values, history };
  const { text, moved } = replaceRanges(prompt, replacements);
  const now = Buffer.from(text);
  const [first, second] = partsOf(row, bytes, replacements);
  const cut = (range: ByteRange): string => now.toString('utf8', ...moved(range));
  return {
    prompt: text,
    values: values.map(moved),
    history: history.map(moved),
    instruction: cut(first),
    input: cut(second),
  };
}

/**
 * Where instruction and input stand in the prompt. A wrapper prints each once, but may hold the same words itself: of the places that
 * there are, those that hold every inserted value count.
 */
function partsOf(row: Instruction, prompt: Buffer, replacements: readonly Replacement[]): [ByteRange, ByteRange] {
  for (const first of placesOf(prompt, row.instruction)) {
    for (const second of placesOf(prompt, row.input)) {
      const isIn = ([begin, end]: ByteRange, part: ByteRange): boolean => part[0] <= begin && end <= part[1];
      const isApart = second[0] >= first[1] || second[1] <= first[0];
      if (isApart && replacements.every(({ range }) => isIn(range, first) || isIn(range, second)))
        return [first, second];
    }
  }
  throw new Error(`the prompt of ${row.split} row ${row.row} does not hold its instruction and input`);
}

/** Where a text stands in bytes; an empty one stands at the end. */
function placesOf(bytes: Buffer, text: string): ByteRange[] {
  if (text === '') return [[bytes.length, bytes.length]];
  const places: ByteRange[] = [];
  const length = Buffer.byteLength(text);
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) places.push([at, at + length]);
  return places;
}

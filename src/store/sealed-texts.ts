import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { InstructionLine, Split } from '../core/instruction.js';
import { exists, readAt } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';

/** What of an instruction stands in the sealed file of its split. */
export type SealedText = Pick<InstructionLine, 'prompt' | 'answer' | 'values' | 'history'>;

/** Where the line of a row stands in the sealed file of its split, in bytes. */
export interface LinePlace {
  readonly row: number;
  readonly begin: number;
  readonly length: number;
}

/**
 * The texts of dataset versions, which stand in their sealed files alone: a store keeps where. Every text of a row that is read from a
 * store goes through here.
 */
export class SealedTexts {
  readonly #studio: string;

  /** studio  the folder of the store: versions/ lies beside its file */
  constructor(studio: string) {
    this.#studio = studio;
  }

  /**
   * The texts of rows of a split, in the order of the places. Rows that stand behind each other are read at once.
   *
   * throws  RectuneError 'data' when the sealed file is not there, or does not hold the rows where the store says
   */
  read(version: { hash: string; name: string }, split: Split, places: readonly LinePlace[]): SealedText[] {
    const file = studioLayout.instructions(this.#studio, version.hash, split);
    if (!exists(file)) throw this.#missing(version, file);
    const texts: SealedText[] = [];
    for (let first = 0; first < places.length; ) {
      let behind = first + 1;
      while (behind < places.length && isNext(places[behind - 1] as LinePlace, places[behind] as LinePlace))
        behind += 1;
      const { begin } = places[first] as LinePlace;
      const last = places[behind - 1] as LinePlace;
      const bytes = readAt(file, begin, last.begin + last.length - begin);
      for (; first < behind; first++) {
        const place = places[first] as LinePlace;
        const line = bytes.toString('utf8', place.begin - begin, place.begin - begin + place.length);
        texts.push(textOf(line, place, file));
      }
    }
    return texts;
  }

  #missing({ hash, name }: { hash: string; name: string }, file: string): RectuneError {
    const folder = join(studioLayout.versions(this.#studio), hash);
    const what = exists(folder)
      ? `a sealed file of version ${name} ${hash.slice(0, 12)} is gone`
      : `the sealed folder of version ${name} ${hash.slice(0, 12)} is gone, and its texts with it`;
    const fix =
      'put the folder back; or make the version again by the same command (rectune build, curate or pull), which gives the same bytes';
    return new RectuneError('data', what, exists(folder) ? file : folder, fix);
  }
}

function isNext(one: LinePlace, other: LinePlace): boolean {
  return one.begin + one.length === other.begin;
}

function textOf(line: string, { row, begin }: LinePlace, file: string): SealedText {
  try {
    const value = JSON.parse(line.replace(/^\ufeff/, '')) as InstructionLine; // a pulled file may open with a mark
    if (value.row === row) return value;
  } catch {
    // said below
  }
  const fix = 'put back the file as it was sealed, or remove the folder and make the version again';
  throw new RectuneError('data', `a sealed file was changed: row ${row} is not at byte ${begin}`, file, fix);
}

import { join } from 'node:path';
import { nearestWord, RectuneError } from '../core/errors.js';
import { exists, listFolder, packageRoot, readText } from '../platform/files.js';
import { shownPath } from './template-file.js';

const CALL = /\{\{>\s*([A-Za-z0-9/_-]+)\s*\}\}/g;
const DEEPEST = 8;

/** Text with its partials put in, and for each of its lines where that line stands. */
export interface Inlined {
  readonly text: string;
  readonly lines: readonly string[]; // "templates/partials/x.hbs:3", one a line of the text
  readonly used: readonly string[]; // texts of the partials that went in, for the template's hash
}

/**
 * Puts `{{> name}}` in: the text of partials/name.hbs beside the template's own folder of families, else of the package's
 * templates/partials/. A partial is text, without front matter; its last newline ends the file. It takes no parameters.
 *
 * where    of a line of the text, from 1
 * folders  folders that hold a folder partials/, in the order in which they are looked through
 * throws   RectuneError 'usage' for a partial that is not there, or that holds itself
 */
export function inlinePartials(text: string, where: (line: number) => string, folders: readonly string[]): Inlined {
  return inline(text, where, [...folders, join(packageRoot(), 'templates')], []);
}

function inline(
  text: string,
  where: (line: number) => string,
  folders: readonly string[],
  above: readonly string[],
): Inlined {
  const lines: string[] = [];
  const used: string[] = [];
  let made = '';
  let line = 1; // of the text
  const add = (piece: string, placeOf: (line: number) => string): void => {
    const rows = piece.split('\n').length;
    for (let i = lines.length === 0 ? 0 : 1; i < rows; i++) lines.push(placeOf(i + 1));
    made += piece;
  };
  let read = 0;
  for (const call of text.matchAll(CALL)) {
    const before = text.slice(read, call.index);
    const start = line;
    add(before, (row) => where(start + row - 1));
    line += before.split('\n').length - 1;
    read = call.index + call[0].length;
    const name = call[1] as string;
    const { path, body } = openPartial(name, where(line), folders, above);
    const inner = inline(body, (row) => `${shownPath(path)}:${row}`, folders, [...above, name]);
    used.push(body, ...inner.used);
    add(inner.text, (row) => inner.lines[row - 1] as string);
  }
  const start = line;
  add(text.slice(read), (row) => where(start + row - 1));
  return { text: made, lines, used };
}

function openPartial(
  name: string,
  where: string,
  folders: readonly string[],
  above: readonly string[],
): { path: string; body: string } {
  if (above.includes(name) || above.length >= DEEPEST) {
    throw new RectuneError(
      'usage',
      `the partial "${name}" holds itself: ${[...above, name].join(' > ')}`,
      where,
      'take it out',
    );
  }
  const path = folders.map((folder) => join(folder, 'partials', `${name}.hbs`)).find(exists);
  if (path !== undefined) return { path, body: readText(path, 'usage').replaceAll('\r\n', '\n').replace(/\n$/, '') };
  const known = folders
    .flatMap((folder) => listFolder(join(folder, 'partials')))
    .filter((file) => file.endsWith('.hbs'))
    .map((file) => file.slice(0, -'.hbs'.length));
  const near = nearestWord(name, known);
  const fix = `${near ? `did you mean "${near}"? ` : ''}put it into partials/${name}.hbs, or use one of ${known.join(', ')}`;
  throw new RectuneError('usage', `there is no partial "${name}"`, where, fix);
}

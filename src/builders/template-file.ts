import { isAbsolute, relative, sep } from 'node:path';
import Handlebars from 'handlebars';
import type { z } from 'zod';
import { RectuneError } from '../core/errors.js';
import { parseAs } from '../core/parse.js';
import { packageRoot, readText, sha256 } from '../platform/files.js';
import { readYaml } from '../platform/yaml.js';
import { findFault } from './handlebars-fault.js';

/** A file of YAML front matter and Handlebars text, opened but not yet understood. */
export interface TemplateFile<Head> {
  readonly shown: string; // the path as errors name it: templates/tallrec/movie.hbs
  readonly hash: string; // sha256 of the text
  readonly head: Head;
  readonly body: string; // what follows the front matter, as it stands, last newline included
  /** Line in the file of a word in a value of the front matter; the value's own line when the word does not stand there as it is. */
  headLine(key: string, word?: string): number;
  readonly bodyLine: number; // line of the file on which the body begins
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL_CHARACTER = /[\u0001-\u0003]/;

/**
 * Reads a template or wrapper file and parses its front matter by a schema.
 *
 * throws  RectuneError 'usage'
 */
export function openTemplateFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): TemplateFile<z.output<Schema>> {
  const shown = shownPath(path);
  const text = readText(path, 'usage').replaceAll('\r\n', '\n');
  const odd = text.split('\n').findIndex((line) => CONTROL_CHARACTER.test(line));
  if (odd >= 0) {
    const fix = 'take the control characters U+0001 to U+0003 out';
    throw new RectuneError('usage', 'a template may not hold control characters', `${shown}:${odd + 1}`, fix);
  }
  const parts = /^---\n([\s\S]*?\n)---\n/.exec(text);
  if (!parts) {
    const fix = 'open the file with a line "---", the front matter and a second line "---"';
    throw new RectuneError('usage', 'the template has no front matter', `${shown}:1`, fix);
  }
  const yaml = parts[1] as string;
  const { document, value, lineOf } = readYaml(yaml, 'the front matter', (line = 0) => `${shown}:${line + 1}`);
  const head = parseAs(schema, value, shown);
  return {
    shown,
    hash: sha256(text),
    head,
    body: text.slice(parts[0].length),
    headLine(key, word = '') {
      const node = document.get(key, true) as { range?: [number, number, number] } | undefined;
      if (!node?.range) return 1;
      const at = word === '' ? -1 : yaml.slice(node.range[0], node.range[1]).indexOf(word);
      return lineOf(node.range[0] + Math.max(0, at)) + 1;
    },
    bodyLine: parts[0].split('\n').length,
  };
}

/** Parses Handlebars text now: `compile` alone would find a mistake at the first row. */
export function parseHandlebars(text: string, where: (line: number) => string): hbs.AST.Program {
  try {
    return Handlebars.parse(text);
  } catch {
    const { line, what, fix } = findFault(text);
    throw new RectuneError('usage', `not a Handlebars template: ${what}`, where(line), fix);
  }
}

/** Paths inside the package are named from its root, the same on every machine. */
export function shownPath(path: string): string {
  const inside = relative(packageRoot(), path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.replaceAll(sep, '/');
}

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../src/platform/files.js';

const source = join(packageRoot(), 'native', 'src');

/** Names of the types that a file defines for the whole program: those outside of unnamed namespaces. */
function typesOf(text: string): string[] {
  const names: string[] = [];
  let unnamed = false;
  for (const line of text.split('\n')) {
    if (/^namespace \{/.test(line)) unnamed = true;
    else if (/^\} \/\/ namespace\s*$/.test(line)) unnamed = false;
    const found = unnamed
      ? null
      : /^(?:struct|class|union|enum(?: class)?) (\w+)(?!::)\b[^;:]*(?:\{|:(?!:))/.exec(line);
    if (found?.[1]) names.push(found[1]);
  }
  return names;
}

it('gives no two types of native/ one name: the linker would take the functions of one for those of the other', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(h|cpp)$/.test(name));
  const holders = new Map<string, string[]>();
  for (const file of files) {
    for (const name of typesOf(readFileSync(join(source, file), 'utf8'))) {
      holders.set(name, [...(holders.get(name) ?? []), relative(source, join(source, file))]);
    }
  }
  expect(holders.size).toBeGreaterThan(100);
  expect([...holders].filter(([, where]) => new Set(where).size > 1)).toEqual([]);
});

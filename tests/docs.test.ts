import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/commands.js';

const ROOT = resolve(import.meta.dirname, '..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');

/** The bodies of the fenced blocks of a Markdown file, in order. */
function fences(markdown: string): string[] {
  return [...markdown.matchAll(/^```[a-z]*\n(.*?)^```/gms)].map(([, body]) => (body as string).trim());
}

describe('README.md', () => {
  it('opens with the command that does the main job and the command that runs the tests', () => {
    const [first, second] = fences(read('README.md'));
    expect(first).toBe('npm ci && npm run quickstart');
    expect(second).toBe('npm ci && npm test');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(scripts.quickstart).toContain('quickstart');
    expect(scripts.test).toContain('vitest');
  });

  it('names only verbs that exist', () => {
    const known = COMMANDS.map(({ name }) => name);
    const named = [...read('README.md').matchAll(/npx rectune ([a-z][a-z-]*)/g)].map(([, verb]) => verb as string);
    expect(named.length).toBeGreaterThan(5);
    for (const verb of named) expect(known).toContain(verb);
  });

  it('links only to files that exist', () => {
    const targets = [...read('README.md').matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target as string);
    expect(targets.length).toBeGreaterThan(2);
    for (const target of targets) expect(existsSync(join(ROOT, target)), target).toBe(true);
  });
});

describe('ARCHITECTURE.md', () => {
  it('names only paths that exist in its tree', () => {
    const [tree = ''] = fences(read('ARCHITECTURE.md'));
    const paths = tree.split('\n').map((line) => line.split(/\s{2,}/)[0] as string);
    expect(paths.length).toBeGreaterThan(25);
    for (const path of paths) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });
});

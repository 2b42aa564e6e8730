import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'src');

/** Who may import whom. A folder may always import itself. Stages never import each other: they meet in sealed outputs. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  platform: ['core'],
  store: ['core', 'platform'],
  sources: ['core', 'platform', 'store'],
  builders: ['core', 'platform', 'store'],
  trainers: ['core', 'platform', 'store'],
  eval: ['core', 'platform', 'store'],
  sharing: ['core', 'platform', 'store'],
  cli: ['core', 'platform', 'store', 'sources', 'builders', 'trainers', 'eval', 'sharing'],
};

/** What only some folders may import from outside. */
const ONLY_IN: readonly { packages: readonly string[]; folders: readonly string[]; why: string }[] = [
  { packages: ['better-sqlite3'], folders: ['store'], why: 'SQL lives in store/' },
  { packages: ['@duckdb/node-api'], folders: ['platform'], why: 'platform/duckdb/ is the door to DuckDB' },
  {
    packages: ['execa', 'node:child_process', 'node:fs', 'node:fs/promises'],
    folders: ['platform'],
    why: 'platform/ is the door to disk and processes',
  },
  {
    packages: ['node:net', 'node:http', 'node:https', 'node:http2', 'node:dgram', 'node:tls', '@huggingface/hub'],
    folders: ['platform'],
    why: 'platform/ is the door to the network',
  },
  { packages: ['commander'], folders: ['cli'], why: 'cli/ reads the command line' },
];

/** What core/ may import from outside: it is pure. */
const CORE_PACKAGES = ['zod', 'pure-rand'];

interface SourceFile {
  name: string; // "store/store.ts"
  folder: string; // "store"; "" for src/index.ts
  text: string;
  imports: string[]; // as written: static, dynamic, type-only and re-exports
}

const files: SourceFile[] = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((path) => {
    const name = path.split(sep).join('/');
    const text = readFileSync(join(SOURCE, path), 'utf8');
    const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
    return { name, folder: name.includes('/') ? (name.split('/')[0] as string) : '', text, imports };
  });

/** The src/ folder that a relative import leads to. */
function folderOf(file: SourceFile, specifier: string): string {
  const target = relative(SOURCE, resolve(dirname(join(SOURCE, file.name)), specifier)).split(sep);
  return target.length > 1 ? (target[0] as string) : '';
}

const isRelative = (specifier: string) => specifier.startsWith('.');
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

describe('layers', () => {
  it('finds the files it is about, and imports in them', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
    for (const folder of Object.keys(MAY_IMPORT)) expect(files.some((file) => file.folder === folder)).toBe(true);
  });

  it('knows every folder of src/', () => {
    const folders = new Set(files.map(({ folder }) => folder).filter((folder) => folder !== ''));
    expect([...folders].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it('lets imports go in one direction only', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(isRelative)
        .map((specifier) => ({ specifier, folder: folderOf(file, specifier) }))
        .filter(
          ({ folder }) => file.folder !== '' && folder !== file.folder && !MAY_IMPORT[file.folder]?.includes(folder),
        )
        .map(({ specifier }) => `src/${file.name} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('names each imported file by its .js name, and the file is there', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(isRelative)
        .filter(
          (name) =>
            !name.endsWith('.js') ||
            !existsSync(resolve(dirname(join(SOURCE, file.name)), name.replace(/\.js$/, '.ts'))),
        )
        .map((name) => `src/${file.name} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps core/ pure: no files, no clock, no chance, no package but the two it stands on', () => {
    const core = files.filter(({ folder }) => folder === 'core');
    const foreign = core.flatMap(({ name, imports }) =>
      imports
        .filter((specifier) => !isRelative(specifier) && !CORE_PACKAGES.includes(packageOf(specifier)))
        .map((specifier) => `${name}: ${specifier}`),
    );
    expect(foreign).toEqual([]);
    const impure = core.filter(({ text }) =>
      /\b(Date\.now|new Date\(\)|Math\.random|process\.env|performance\.now)/.test(text),
    );
    expect(impure.map(({ name }) => name)).toEqual([]);
  });

  it.each(ONLY_IN)('$why: $packages', ({ packages, folders }) => {
    const wrong = files
      .filter(({ folder }) => !folders.includes(folder))
      .flatMap(({ name, imports }) =>
        imports
          .filter((specifier) => packages.includes(specifier) || packages.includes(`node:${specifier}`))
          .map((specifier) => `src/${name} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  it('keeps SQL in store/, and that of DuckDB behind its door', () => {
    const sql =
      /['"`]\s*(select\s[^'"`]*\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+(table|index)|pragma\s)\b/i;
    expect(files.filter(({ folder, text }) => folder === 'store' && sql.test(text)).length).toBeGreaterThan(3); // it finds what it looks for
    const elsewhere = files.filter(({ folder, name }) => folder !== 'store' && !name.startsWith('platform/duckdb/'));
    expect(elsewhere.filter(({ text }) => sql.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('takes chance from core/random.ts alone', () => {
    expect(
      files.filter(({ text }) => /Math\.random|randomBytes|randomUUID/.test(text)).map(({ name }) => name),
    ).toEqual([]);
  });

  it('reaches a network through platform/hub.ts alone', () => {
    const calls = files
      .filter(({ text }) => /\b(await|return) fetch\(|globalThis\.fetch/.test(text))
      .map(({ name }) => name);
    expect(calls).toEqual(['platform/hub.ts']);
  });

  it('ends the process in cli/main.ts alone', () => {
    const ends = files
      .filter(({ text }) => /process\.(exit\(|exitCode\s*=|abort\()/.test(text))
      .map(({ name }) => name);
    expect(ends).toEqual(['cli/main.ts']);
  });
});

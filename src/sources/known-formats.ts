import { join } from 'node:path';
import { KnownFormat, KnownTexts } from '../core/known-format.js';
import { parseAs } from '../core/parse.js';
import { type FileSpec, SourceSpec } from '../core/source-spec.js';
import { exists, fileSize, listFolder, packageRoot, readChunks, readText, sha256Pieces } from '../platform/files.js';
import { yamlOfFile } from '../platform/yaml.js';
import { firstLines } from './first-lines.js';
import { guessLog } from './guess/guess-log.js';
import { fileOrPacked, matchingFiles } from './resolve-files.js';
import { tablesOf } from './tables-of.js';

const NAME = 'source.yaml';
const MOST_HASHED = 64 << 20; // bytes; no log whose hash is known is larger
const WORDS = '[A-Za-z0-9&]+(?:_[A-Za-z&][A-Za-z0-9&]*)*'; // Beauty, Home_and_Kitchen

/** A log that is known, as its folder has it. */
export interface KnownLog {
  readonly spec: SourceSpec;
  readonly specPath: string;
}

/** Texts of the items or users of another log. */
export interface KnownTextsFile {
  readonly path: string;
  readonly texts: KnownTexts['texts'];
}

/**
 * How the files of a folder are read by what this project knows: logs with the hashes of their files (datasets/), and formats in which many logs are
 * published (datasets/formats/). Best ones first come alone: a log whose files are the very ones; then a format whose names and first lines fit, of
 * these the one that knows most of the files; then a log of which some file is the very one.
 *
 * file  only logs whose interactions stand in this file
 */
export function knownLogs(folder: string, file?: string): KnownLog[] {
  const ranked = [...exactLogs(folder), ...formatLogs(folder), ...atomicLogs(folder)].filter(
    ({ spec }) =>
      file === undefined || [spec.interactions.file].flat().some((name) => firstFile(folder, name) === file),
  );
  const best = Math.max(...ranked.map(({ rank }) => rank));
  return ranked.filter(({ rank }) => rank === best);
}

/** The names of all logs and formats that are known, for an error. */
export function knownNames(): string[] {
  const exact = listFolder(datasets()).filter((name) => exists(join(datasets(), name, NAME)));
  return [...exact, ...formatFiles().map((path) => path.replace(/^.*[\\/]|\.yaml$/g, ''))].sort();
}

/** Files of texts that are known by their names. */
export function knownTexts(folder: string): KnownTextsFile[] {
  return formatFiles().flatMap((path) => {
    const written = yamlOfFile(readText(path, 'usage'), 'the format', path);
    if (!isTexts(written)) return [];
    const { texts } = parseAs(KnownTexts, written, path);
    const name = fileOrPacked(folder, texts.file);
    return name === undefined ? [] : [{ path: join(folder, name), texts }];
  });
}

type Ranked = KnownLog & { rank: number };

const LONGEST = 60; // characters of a line that an error shows
const [VERY_ONE, FORMAT, PARTLY] = [1000, 100, 1];

function exactLogs(folder: string): Ranked[] {
  return listFolder(datasets()).flatMap((name) => {
    const specPath = join(datasets(), name, NAME);
    if (!exists(specPath)) return [];
    const spec = parseAs(
      SourceSpec,
      yamlOfFile(readText(specPath, 'usage'), 'the description of the log', specPath),
      specPath,
    );
    const tables = tablesOf(spec).map(([, table]) => table);
    if (!tables.every(({ file }) => [file].flat().every((one) => fileOrPacked(folder, one) !== undefined))) return [];
    if (!tables.every((table) => headerFits(folder, table))) return [];
    const compared = tables.flatMap(({ file, sha256 }) =>
      sha256 === undefined ? [] : [hashOf(folder, file) === sha256],
    );
    if (compared.every((isSame) => isSame)) return [{ spec, specPath, rank: VERY_ONE }];
    return compared.some((isSame) => isSame) ? [{ spec, specPath, rank: PARTLY }] : [];
  });
}

function hashOf(folder: string, file: string | readonly string[]): string | undefined {
  const path = join(folder, fileOrPacked(folder, [file].flat()[0] as string) as string);
  return fileSize(path) > MOST_HASHED ? undefined : sha256Pieces(readChunks(path));
}

/** Whether the columns that are named stand in the first line; a coarse look, quotes aside. */
function headerFits(folder: string, table: FileSpec & { columns?: Record<string, unknown> }): boolean {
  if (table.format !== 'delimited' || table.header !== true) return true;
  const [first] = firstLines(
    join(folder, fileOrPacked(folder, [table.file].flat()[0] as string) as string),
    1,
    table.encoding,
  ).texts;
  const names = (first ?? '').split(table.delimiter).map((name) => name.replace(/^"|"$/g, ''));
  return Object.values(table.columns ?? {}).every((column) => typeof column !== 'string' || names.includes(column));
}

function formatLogs(folder: string): Ranked[] {
  return begunFormats(folder).flatMap(({ format, spec, specPath, missing }) =>
    missing.length === 0 && ROLES.every((role) => lineFits(folder, format, spec, role))
      ? [{ spec, specPath, rank: FORMAT + tablesOf(spec).length }]
      : [],
  );
}

interface Begun extends KnownLog {
  readonly format: KnownFormat;
  readonly missing: readonly string[]; // files that it needs and that are not there
}

/** Formats whose files of interactions are there, once for each name that their placeholders may stand for. */
function begunFormats(folder: string): Begun[] {
  return formatFiles().flatMap((specPath) => {
    const written = yamlOfFile(readText(specPath, 'usage'), 'the format', specPath);
    if (isTexts(written)) return [];
    const format = parseAs(KnownFormat, written, specPath);
    return bindings(folder, format).map((bound) => {
      const spec = described(folder, format, bound, specPath);
      return { format, spec, specPath, missing: missingFiles(folder, spec) };
    });
  });
}

/**
 * Formats that the files of a folder nearly are, a sentence each: their file of interactions is there and begins as theirs, but another file is missing; or
 * all their files are there by name, and the first line of one is another. Such a log is most likely that format with something lost.
 */
export function nearlyKnown(folder: string): string[] {
  return begunFormats(folder).flatMap(({ format, spec, missing }) => {
    const name = `${[spec.interactions.file].flat()[0]}`;
    if (missing.length > 0) {
      if (format.recognise.firstLines.interactions === undefined || !lineFits(folder, format, spec, 'interactions'))
        return [];
      return [`${name} begins as that of ${spec.title}, but ${missing.join(' and ')} is missing`];
    }
    const other = ROLES.find((role) => !lineFits(folder, format, spec, role));
    const isByName = !String((format.source.interactions as { file?: unknown } | undefined)?.file).includes('{');
    if (other === undefined || !isByName) return [];
    const { file, line, lacks } = otherLine(folder, spec[other] as FileSpec & { columns?: Record<string, unknown> });
    const without = lacks.length === 0 ? '' : `, without ${lacks.join(' and ')}`;
    return [`the files are called as those of ${spec.title}, but ${file} begins with another line (${line}${without})`];
  });
}

/** How a table begins, and which of its named columns do not stand there. */
function otherLine(folder: string, table: FileSpec & { columns?: Record<string, unknown> }) {
  const { file, first = '' } = firstLineOf(folder, table);
  const lacks = Object.values(table.columns ?? {}).filter((one) => typeof one === 'string' && !first.includes(one));
  return { file, line: JSON.stringify(first.length > LONGEST ? `${first.slice(0, LONGEST)}...` : first), lacks };
}

/** first  undefined: the file is empty */
function firstLineOf(folder: string, { file: files, encoding }: FileSpec): { file: string; first: string | undefined } {
  const file = firstFile(folder, [files].flat()[0] as string) as string;
  return { file, first: firstLines(join(folder, file), 1, encoding).texts[0] };
}

/** RecBole's atomic files: x.inter, x.item and x.user, whose headers name the columns and their types. */
function atomicLogs(folder: string): Ranked[] {
  const names = listFolder(folder);
  return names.flatMap((name) => {
    const base = /^(.+)\.inter(\.gz|\.zst)?$/.exec(name)?.[1];
    if (base === undefined) return [];
    const beside = names.filter((other) => [`${base}.item`, `${base}.user`].includes(other.replace(/\.(gz|zst)$/, '')));
    const [first] = firstLines(join(folder, name), 1).texts;
    if (first === undefined || !/^[^\t]+:(token|float)/.test(first)) return [];
    const { spec } = guessLog(folder, name, beside);
    const named = {
      ...spec,
      title: `${base}, atomic files of RecBole`,
      terms: 'Those of the log that the files were made from.',
    };
    return [{ spec: named, specPath: join(folder, name), rank: FORMAT + tablesOf(spec).length }];
  });
}

type Bound = Readonly<Record<string, string>>;

/** What the placeholders may stand for, by the files of the interactions that are there. */
function bindings(folder: string, { source, recognise }: KnownFormat): Bound[] {
  const file = String((source.interactions as { file?: unknown } | undefined)?.file);
  if (file.includes('*')) return firstFile(folder, file) === undefined ? [] : [{}];
  const names = new Set(listFolder(folder).map((name) => name.replace(/\.(gz|zst)$/, '')));
  const used = new Set<string>();
  const pattern = file.split(/(\{[a-z]+\})/i).map((piece) => {
    const name = /^\{([a-z]+)\}$/i.exec(piece)?.[1];
    if (name === undefined) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (used.has(name)) return `\\k<${name}>`;
    used.add(name);
    return `(?<${name}>${recognise.placeholders[name] ?? WORDS})`;
  });
  const regex = new RegExp(`^${pattern.join('')}$`);
  return [...names].flatMap((name) => {
    const found = regex.exec(name);
    return found
      ? [Object.fromEntries(Object.entries(found.groups ?? {}).map(([key, value]) => [key, value ?? '']))]
      : [];
  });
}

function missingFiles(folder: string, spec: SourceSpec): string[] {
  return tablesOf(spec)
    .flatMap(([, { file }]) => file)
    .filter((file) => firstFile(folder, file) === undefined);
}

/** The source.yaml of a format with its placeholders filled, without the tables that may be missing and are. */
function described(folder: string, { source, recognise }: KnownFormat, bound: Bound, specPath: string): SourceSpec {
  const fill = (text: string): string => text.replace(/\{([a-z]+)\}/gi, (whole, name) => bound[name] ?? whole);
  const filledIn = (value: unknown): unknown => {
    if (typeof value === 'string') return fill(value);
    if (Array.isArray(value)) return value.map(filledIn);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filledIn(one)]));
  };
  const whole = filledIn(source) as Record<string, unknown> & { id: string };
  const folderName = folder.replace(/^.*[\\/]/, '').toLowerCase();
  const isNamed = recognise.idFromFolder !== undefined && new RegExp(recognise.idFromFolder).test(folderName);
  const id = (isNamed ? folderName : whole.id)
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/-+$/, '');
  const there = Object.entries(whole).filter(([role, table]) => {
    return !(recognise.optional as string[]).includes(role) || filesOf(table).every((file) => firstFile(folder, file));
  });
  return parseAs(SourceSpec, { ...Object.fromEntries(there), id }, specPath);
}

/** All files that a table as it is written names, that of the names of tags too. */
function filesOf(table: unknown): string[] {
  const { file, names } = table as { file?: string | string[]; names?: unknown };
  return [...(file === undefined ? [] : [file].flat()), ...(names === undefined ? [] : filesOf(names))];
}

const ROLES = ['interactions', 'items', 'users'] as const;

/** Whether the first line of a table is as the format says, where it says so. */
function lineFits(folder: string, { recognise }: KnownFormat, spec: SourceSpec, role: (typeof ROLES)[number]): boolean {
  const [table, pattern] = [spec[role], recognise.firstLines[role]];
  if (table === undefined || pattern === undefined) return true;
  const { first } = firstLineOf(folder, table);
  return first !== undefined && new RegExp(pattern).test(first);
}

/** The file of a name, or the first one of a pattern; undefined: none is there. */
function firstFile(folder: string, name: string): string | undefined {
  return name.includes('*') ? matchingFiles(folder, name)[0] : fileOrPacked(folder, name);
}

function isTexts(written: unknown): boolean {
  return typeof written === 'object' && written !== null && Object.hasOwn(written, 'texts');
}

function datasets(): string {
  return join(packageRoot(), 'datasets');
}

function formatFiles(): string[] {
  const folder = join(datasets(), 'formats');
  return listFolder(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name));
}

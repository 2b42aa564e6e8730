import type {} from 'handlebars'; // the namespace hbs
import { listOf, type Printer, type Settings, statementPrinter } from './compile.js';

/** Lists of history items that a template may print. */
export type ListName = 'history' | 'liked' | 'disliked';

/**
 * A piece of a template's text that is known when little of an example is: nothing of it, its target item, or one item of a list after the
 * other. What it prints of an item is the same in every row, and so need be put together once alone (plain-prompts.ts).
 */
export type Segment =
  | { readonly of: 'nothing'; readonly print: Printer }
  | { readonly of: 'target'; readonly print: Printer }
  // An empty list prints nothing: checkTemplate refuses an {{else}}. Lists of the same key print the same of an item.
  | { readonly of: ListName; readonly print: Printer; readonly key: string };

const LISTS: readonly string[] = ['history', 'liked', 'disliked'] satisfies ListName[];
const SAME = ['itemWord', 'itemWords']; // in all rows of a version

/** The pieces of a checked template in their order; undefined when one of them is made of more. */
export function segmentsOf(program: hbs.AST.Program, fields: readonly string[]): readonly Segment[] | undefined {
  const settings: Settings = { inserts: 'values', fields };
  const segments: Segment[] = [];
  for (const statement of program.body) {
    const print = statementPrinter(statement, settings, false);
    if (print === undefined) continue;
    const segment = listSegment(statement, settings) ?? plainSegment(statement, print);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

function plainSegment(statement: hbs.AST.Statement, print: Printer): Segment | undefined {
  const names = namesIn(statement, false);
  if (areAmong(names, SAME)) return { of: 'nothing', print };
  return areAmong(names, [...SAME, 'target']) ? { of: 'target', print } : undefined;
}

function listSegment(statement: hbs.AST.Statement, settings: Settings): Segment | undefined {
  const list = listOf(statement, settings, false);
  const name = list?.path.original;
  if (list === undefined || name === undefined || !LISTS.includes(name)) return undefined;
  const { program } = statement as hbs.AST.BlockStatement;
  if (!areAmong(namesOf(program, true), SAME)) return undefined;
  return { of: name as ListName, print: list.print, key: keyOf(statement as hbs.AST.BlockStatement) };
}

/** What a list statement prints of an item, wherever it stands and whatever the list is. */
function keyOf({ path, program }: hbs.AST.BlockStatement): string {
  return JSON.stringify([path.original, program], (name, value) => (name === 'loc' ? undefined : value));
}

/** What a user said of an item: it is not the same in every row. */
const OF_THE_USER = ['stars', 'isLiked'];

/** Names of the example that a statement uses. Of an item of a list: what is not the item's own. */
function namesIn(statement: hbs.AST.Statement, inItem: boolean): string[] {
  if (statement.type !== 'MustacheStatement' && statement.type !== 'BlockStatement') return [];
  const { path, params } = statement as hbs.AST.MustacheStatement | hbs.AST.BlockStatement;
  const names = (params.length > 0 ? params : [path]).flatMap((one) =>
    one.type === 'PathExpression' ? nameOf(one as hbs.AST.PathExpression, inItem) : [],
  );
  if (statement.type === 'MustacheStatement') return names;
  const { program, inverse } = statement as hbs.AST.BlockStatement;
  return [...names, ...namesOf(program, inItem), ...namesOf(inverse, inItem)];
}

function namesOf(program: hbs.AST.Program | undefined, inItem: boolean): string[] {
  return (program?.body ?? []).flatMap((statement) => namesIn(statement, inItem));
}

function nameOf({ data, depth, parts }: hbs.AST.PathExpression, inItem: boolean): string[] {
  if (data) return []; // "@last"
  const [name = 'this'] = parts as string[];
  const isOwn = inItem && depth === 0 && !OF_THE_USER.includes(name);
  return isOwn ? [] : [name];
}

function areAmong(names: readonly string[], allowed: readonly string[]): boolean {
  return names.every((name) => allowed.includes(name));
}

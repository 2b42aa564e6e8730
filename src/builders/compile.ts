import type {} from 'handlebars'; // the namespace hbs
import { literal, type Sheet } from './sheet.js';
import { type Fields, ITEM_HELPERS, LIST_HELPERS, TEXT_HELPERS } from './template-helpers.js';

/** Puts a context on a sheet as text. */
export type Render = (context: object, sheet: Sheet) => void;

/** Where names are looked up: in the example, and inside of #each in the item whose turn it is. */
export interface Scope {
  readonly root: Values;
  readonly item: Values;
  readonly isLast: boolean;
  readonly sheet: Sheet;
}

export type Values = Readonly<Record<string, unknown>>;
export type Printer = (scope: Scope) => void;
type Lookup = (scope: Scope) => unknown;

/** What is the same in a whole template. */
export interface Settings {
  readonly inserts: 'values' | 'pieces';
  readonly fields: readonly string[];
}

/**
 * Makes a renderer of a checked template. The language is Handlebars' without escaping, because a prompt is not HTML ("&" stays "&"),
 * and without all that checkTemplate refuses. What is left is a few closures, which take a third of the time that Handlebars' own
 * renderer takes for the same text (docs/decisions/0008); a test renders every template both ways.
 *
 * inserts  whether printed names are values; those of a wrapper are pieces (PutDown), which are rendered at their place
 * fields   of an item, that the template declares
 */
export function compileTemplate(
  program: hbs.AST.Program,
  inserts: 'values' | 'pieces',
  fields: readonly string[] = [],
): Render {
  const print = printerOf(program, { inserts, fields }, false);
  return (context, sheet) => print({ root: context as Values, item: NO_ITEM, isLast: false, sheet });
}

/** A piece that a wrapper prints. */
export type PutDown = (sheet: Sheet) => void;

export const NO_ITEM: Values = Object.freeze({});

/** inItem  whether the program stands inside of #each */
function printerOf(program: hbs.AST.Program | undefined, settings: Settings, inItem: boolean): Printer {
  const printers: Printer[] = [];
  for (const statement of program?.body ?? []) {
    const printer = statementPrinter(statement, settings, inItem);
    if (printer !== undefined) printers.push(printer);
  }
  const [only] = printers;
  if (only === undefined) return () => {};
  if (printers.length === 1) return only;
  return (scope) => {
    for (let i = 0; i < printers.length; i++) (printers[i] as Printer)(scope);
  };
}

/** undefined: it prints nothing. */
export function statementPrinter(
  statement: hbs.AST.Statement,
  settings: Settings,
  inItem: boolean,
): Printer | undefined {
  if (statement.type === 'ContentStatement') {
    const text = (statement as hbs.AST.ContentStatement).value;
    if (text === '') return undefined;
    const same = literal(text);
    return ({ sheet }) => sheet.literal(same);
  }
  const list = listOf(statement, settings, inItem);
  if (list !== undefined) return each(lookup(list.path, inItem), list.print, list.otherwise);
  if (statement.type === 'MustacheStatement') return mustache(statement as hbs.AST.MustacheStatement, settings, inItem);
  if (statement.type === 'BlockStatement') return block(statement as hbs.AST.BlockStatement, settings, inItem);
  return undefined;
}

/** A list as a statement prints it: item by item, or something else when there is none. */
export interface PrintedList {
  readonly path: hbs.AST.PathExpression;
  readonly print: Printer;
  readonly otherwise: Printer;
}

/** {{titles list}} and other helpers of lists, {{#each list}}; undefined: another statement. */
export function listOf(statement: hbs.AST.Statement, settings: Settings, inItem: boolean): PrintedList | undefined {
  if (statement.type !== 'MustacheStatement' && statement.type !== 'BlockStatement') return undefined;
  const { path, params } = statement as hbs.AST.MustacheStatement | hbs.AST.BlockStatement;
  const name = (path as hbs.AST.PathExpression).original;
  const given = params[0] as hbs.AST.PathExpression | undefined;
  if (given === undefined) return undefined;
  if (statement.type === 'MustacheStatement') {
    if (!(name in LIST_HELPERS)) return undefined;
    return { path: given, print: titled(LIST_HELPERS[name as keyof typeof LIST_HELPERS]), otherwise: () => {} };
  }
  if (name !== 'each') return undefined;
  const { program, inverse } = statement as hbs.AST.BlockStatement;
  return { path: given, print: printerOf(program, settings, true), otherwise: printerOf(inverse, settings, inItem) };
}

/** {{path}} or {{helper path}} */
function mustache(statement: hbs.AST.MustacheStatement, { inserts, fields }: Settings, inItem: boolean): Printer {
  const [parameter] = statement.params;
  if (parameter === undefined) {
    const find = lookup(statement.path as hbs.AST.PathExpression, inItem);
    if (inserts === 'pieces') return (scope) => (find(scope) as PutDown)(scope.sheet);
    return (scope) => scope.sheet.value(text(find(scope)));
  }
  const find = lookup(parameter as hbs.AST.PathExpression, inItem);
  const name = (statement.path as hbs.AST.PathExpression).original;
  if (name in ITEM_HELPERS) {
    const helper = ITEM_HELPERS[name as keyof typeof ITEM_HELPERS];
    return (scope) => scope.sheet.value(helper(find(scope) as Fields, fields));
  }
  const helper = TEXT_HELPERS[name as keyof typeof TEXT_HELPERS];
  return (scope) => scope.sheet.value(helper(text(find(scope))));
}

const QUOTE = literal('"');
const BETWEEN = literal('", ');

/** The title of an item in quotes, and comma and space unless it is the last. */
function titled(shown: (title: string) => string): Printer {
  return ({ item, isLast, sheet }) => {
    sheet.literal(QUOTE);
    sheet.value(shown((item as { readonly title: string }).title));
    sheet.literal(isLast ? QUOTE : BETWEEN);
  };
}

/** {{#if path}}, {{#unless path}} */
function block(statement: hbs.AST.BlockStatement, settings: Settings, inItem: boolean): Printer {
  const find = lookup(statement.params[0] as hbs.AST.PathExpression, inItem);
  const name = statement.path.original;
  const otherwise = printerOf(statement.inverse, settings, inItem);
  const then = printerOf(statement.program, settings, inItem);
  if (name === 'if') return (scope) => (holds(find(scope)) ? then(scope) : otherwise(scope));
  return (scope) => (holds(find(scope)) ? otherwise(scope) : then(scope));
}

/** Tells the sheet what belongs to each item. */
function each(find: Lookup, print: Printer, otherwise: Printer): Printer {
  return (scope) => {
    const items = find(scope) as readonly Values[];
    if (items.length === 0) return otherwise(scope);
    const { root, sheet } = scope;
    const positions = sheet.positionsOf(items);
    for (let i = 0; i < items.length; i++) {
      const begin = sheet.length;
      print({ root, item: items[i] as Values, isLast: i === items.length - 1, sheet });
      if (positions !== undefined) sheet.item(positions[i] as number, begin);
    }
  };
}

function lookup(path: hbs.AST.PathExpression, inItem: boolean): Lookup {
  if (path.data) return ({ isLast }) => isLast; // "@last": there is no other
  const [name, field] = path.parts as string[];
  if (inItem && path.depth === 0) return name === undefined ? ({ item }) => item : ({ item }) => own(item, name);
  if (name === undefined) return ({ root }) => root;
  if (field === undefined) return ({ root }) => own(root, name);
  return ({ root }) => own(own(root, name) as Values | undefined, field);
}

/** Not what every object has, such as "constructor". */
function own(values: Values | undefined, name: string): unknown {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a template prints what the example does not offer');
  return value;
}

/** As #if has it. */
function holds(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

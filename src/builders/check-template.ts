import type {} from 'handlebars'; // the namespace hbs
import { nearestWord, RectuneError } from '../core/errors.js';
import type { VariableKind } from '../core/slots.js';
import { ITEM_HELPERS, LIST_HELPERS, TEXT_HELPERS } from './template-helpers.js';

/** A piece of a template (instruction, input, output) as the checker sees it. */
export interface Piece {
  readonly self: string; // the template, for errors: 'template "tallrec/movie"'
  readonly owner: string; // who offers the names, for errors: 'task "preference"'
  readonly variables: Readonly<Record<string, VariableKind>>;
  readonly fields: readonly string[]; // of an item
  readonly userFields: readonly string[]; // of a user
  readonly answers: readonly string[]; // names that would give the answer away here
  /** Place in the file of a line of the piece, from 1; word: what is looked for there. */
  where(line: number, word: string): string;
}

/** Where each name stands first, as errors name a place. */
export interface Uses {
  readonly variables: Map<string, string>;
  readonly fields: Map<string, string>;
  readonly userFields: Map<string, string>;
  readonly places: Set<string>; // what is printed of an item by its place in a list: see PLACE_FIELDS
}

export function noUses(): Uses {
  return { variables: new Map(), fields: new Map(), userFields: new Map(), places: new Set() };
}

/** What an item of a list has beside its title and fields, by the kind of the list: the user's rating and judgement, or its letter and number. */
const PLACE_FIELDS = {
  history: { stars: 'text', isLiked: 'flag' },
  list: { letter: 'text', number: 'text' },
} as const;

const BLOCKS = ['if', 'unless', 'each'];
const CALLS = [...Object.keys(LIST_HELPERS), ...Object.keys(TEXT_HELPERS), ...Object.keys(ITEM_HELPERS)];
const HELPERS = [...BLOCKS, ...CALLS];

/**
 * Checks a parsed template without rendering it, because Handlebars' strict mode does not see names inside #if, #each and helpers.
 * What is not known to be right is wrong: other helpers, decorators, nested calls. Partials were put in before (partials.ts).
 *
 * The rules for history lists make sure that the text without the oldest items reads exactly as if it had been rendered without
 * them: a list is printed once, item by item from the oldest, and nothing else depends on how long it is.
 *
 * uses    filled with what the piece uses; pieces of one template share it, so that a list printed in two of them is seen
 * throws  RectuneError 'usage'
 */
export function checkTemplate(program: hbs.AST.Program, piece: Piece, uses: Uses): void {
  new Checker(piece, uses).program(program, 'root');
}

/** Where a name is looked up: in the example, or first in an item of a list. */
type Scope = 'root' | 'history' | 'list';

class Checker {
  readonly #piece: Piece;
  readonly #uses: Uses;

  constructor(piece: Piece, uses: Uses) {
    this.#piece = piece;
    this.#uses = uses;
  }

  program(program: hbs.AST.Program, scope: Scope): void {
    for (const statement of program.body) {
      if (statement.type === 'MustacheStatement') this.#mustache(statement as hbs.AST.MustacheStatement, scope);
      else if (statement.type === 'BlockStatement') this.#block(statement as hbs.AST.BlockStatement, scope);
      else if (statement.type !== 'ContentStatement' && statement.type !== 'CommentStatement') {
        const fix = 'use {{name}}, {{titles list}}, {{#if}}, {{#unless}}, {{#each}} and {{> partial}} only';
        this.#fail(`a template offers no ${statement.type}`, statement.loc.start.line, '', fix);
      }
    }
  }

  /** {{path}}, or {{helper path}} */
  #mustache(statement: hbs.AST.MustacheStatement, scope: Scope): void {
    const line = statement.loc.start.line;
    const path = this.#path(statement.path);
    const helper = path.original;
    if (statement.params.length === 0 && !statement.hash && !CALLS.includes(helper)) {
      this.#text(path, scope);
      return;
    }
    if (!CALLS.includes(helper)) this.#unknownHelper(path);
    const [parameter] = statement.params;
    const takes = helper in LIST_HELPERS ? 'list' : helper in ITEM_HELPERS ? 'item' : 'text';
    if (!parameter || statement.params.length > 1 || statement.hash) {
      const example = { list: 'liked', item: 'target', text: 'target.title' }[takes];
      this.#fail(`"${helper}" takes one ${takes}`, line, helper, `write {{${helper} ${example}}}`);
    }
    const given = this.#path(parameter as hbs.AST.Expression);
    if (takes === 'list') this.#list(given, helper, scope);
    else if (takes === 'text') this.#text(given, scope);
    else {
      const kind = this.#resolve(given, scope);
      if (kind === 'item') {
        // It prints whatever fields the template declares.
        for (const field of this.#piece.fields) this.#useField(field, line);
        return;
      }
      const what = `"${helper}" takes an item, and "${given.original}" is ${kindName(kind)}`;
      this.#fail(what, line, given.original, `write {{${helper} target}}`);
    }
  }

  /** A path that is printed. */
  #text(path: hbs.AST.PathExpression, scope: Scope): void {
    const kind = this.#resolve(path, scope);
    if (kind === 'text') return;
    const name = path.original;
    const fix = {
      history: `print the list with {{titles ${name}}} or {{#each ${name}}}`,
      list: `print the list with {{titles ${name}}} or {{#each ${name}}}`,
      item: `print one of its fields, e.g. {{${name}.title}}`,
      entity: `declare userFields and print one of them, e.g. {{${name}.occupation}}`,
      flag: `ask for it with {{#if ${name}}}`,
    }[kind];
    this.#fail(`"${name}" is not text and cannot be printed`, path.loc.start.line, name, fix);
  }

  /** {{#if path}}, {{#unless path}}, {{#each list}} */
  #block(block: hbs.AST.BlockStatement, scope: Scope): void {
    const line = block.loc.start.line;
    const helper = block.path.original;
    if (!BLOCKS.includes(helper)) this.#unknownHelper(block.path);
    const [parameter] = block.params;
    if (!parameter || block.params.length > 1 || block.hash || block.program?.blockParams?.length) {
      this.#fail(`"#${helper}" takes one name and nothing else`, line, helper, `write {{#${helper} name}}`);
    }
    const path = this.#path(parameter as hbs.AST.Expression);
    if (helper === 'each') {
      const kind = this.#list(path, 'each', scope);
      if (block.inverse && kind === 'history') {
        const fix = 'leave {{else}} out: an empty list prints nothing, because a long row may lose all its history';
        this.#fail('"#each" over a history has an {{else}}', line, 'else', fix);
      }
      this.program(block.program, kind);
      if (block.inverse) this.program(block.inverse, scope);
      return;
    }
    const kind = this.#resolve(path, scope);
    if (kind !== 'text' && kind !== 'flag') {
      const fix = {
        history:
          'leave the condition out: the text may not depend on how long a history is, because a long row loses its oldest items',
        list: 'leave the condition out: the list is never empty',
        item: `ask for one of its fields, e.g. {{#${helper} ${path.original}.title}}`,
        entity: `ask for one of its fields, e.g. {{#${helper} ${path.original}.occupation}}`,
      }[kind];
      this.#fail(`"#${helper}" asks for "${path.original}", which is ${kindName(kind)}`, line, path.original, fix);
    }
    // {{#unless}} may come without a program of its own when written {{^if}}
    if (block.program) this.program(block.program, scope);
    if (block.inverse) this.program(block.inverse, scope);
  }

  /** A list that is about to be printed. A history is printed once; candidates never get shorter, so they may be printed again. */
  #list(path: hbs.AST.PathExpression, helper: string, scope: Scope): 'history' | 'list' {
    const line = path.loc.start.line;
    const printedBefore = this.#uses.variables.has(path.original);
    const kind = this.#resolve(path, scope);
    if (kind !== 'history' && kind !== 'list') {
      const lists = Object.entries(this.#piece.variables).filter(([, offered]) =>
        ['history', 'list'].includes(offered),
      );
      const fix = `give it a list: ${lists.map(([name]) => name).join(', ')}`;
      this.#fail(`"${helper}" takes a list, and "${path.original}" is ${kindName(kind)}`, line, path.original, fix);
    }
    if (printedBefore && kind === 'history') {
      const fix = 'print each list once: a long row loses its oldest items in one place';
      this.#fail(`${this.#piece.self} prints "${path.original}" twice`, line, path.original, fix);
    }
    return kind as 'history' | 'list';
  }

  #path(expression: hbs.AST.Expression): hbs.AST.PathExpression {
    if (expression.type !== 'PathExpression') {
      const fix = 'write a name there; fixed text stands outside the braces';
      this.#fail(`a template offers no ${expression.type} inside braces`, expression.loc.start.line, '', fix);
    }
    return expression as hbs.AST.PathExpression;
  }

  /** What a path stands for; counts it as used. */
  #resolve(path: hbs.AST.PathExpression, scope: Scope): VariableKind {
    const line = path.loc.start.line;
    const inItem = scope !== 'root';
    if (path.data) {
      if (path.original === '@last' && inItem) return 'flag';
      const fix = 'use @last inside {{#each}}; the others change when a long row loses its oldest items';
      this.#fail(`a template offers no "${path.original}"`, line, path.original, fix);
    }
    if (path.depth > (inItem ? 1 : 0)) {
      this.#fail(`"${path.original}" leaves the template`, line, path.original, 'take one "../" away');
    }
    if (inItem && path.depth === 0) {
      if (path.parts.length === 0) return 'item';
      return this.#field(path, path.parts, PLACE_FIELDS[scope]);
    }
    const [name = '', ...rest] = path.parts;
    const kind = Object.hasOwn(this.#piece.variables, name) ? this.#piece.variables[name] : undefined;
    if (kind === undefined) {
      const known = Object.keys(this.#piece.variables);
      this.#unknown(name || path.original, known, this.#piece.owner, line);
    }
    if (inItem && (kind === 'history' || kind === 'list')) {
      this.#fail(`"${path.original}" is a list inside a list`, line, name, 'print each list by itself');
    }
    if (!this.#uses.variables.has(name)) this.#uses.variables.set(name, this.#piece.where(line, name));
    if (rest.length === 0) return kind as VariableKind;
    if (kind === 'item') return this.#field(path, rest, name === 'chosen' ? PLACE_FIELDS.list : {});
    if (kind === 'entity') return this.#userField(path, rest);
    const fix = `write {{${name}}} without what follows the dot`;
    return this.#fail(`"${name}" has no "${rest.join('.')}"`, line, path.original, fix);
  }

  /** places  what the item has by its place in a list */
  #field(
    path: hbs.AST.PathExpression,
    parts: readonly string[],
    places: Readonly<Record<string, VariableKind>>,
  ): VariableKind {
    const [field = ''] = parts;
    const line = path.loc.start.line;
    const place = Object.hasOwn(places, field) ? places[field] : undefined;
    if (place === undefined && !this.#piece.fields.includes(field)) {
      this.#unknown(field, [...this.#piece.fields, ...Object.keys(places)], 'an item', line);
    }
    if (parts.length > 1) this.#fail(`"${path.original}" goes too deep`, line, path.original, `stop at "${field}"`);
    if (place === undefined) this.#useField(field, line);
    else this.#uses.places.add(field);
    return place ?? 'text';
  }

  #useField(field: string, line: number): void {
    if (!this.#uses.fields.has(field)) this.#uses.fields.set(field, this.#piece.where(line, field));
  }

  #userField(path: hbs.AST.PathExpression, parts: readonly string[]): VariableKind {
    const [field = ''] = parts;
    const line = path.loc.start.line;
    if (!this.#piece.userFields.includes(field)) this.#unknown(field, this.#piece.userFields, 'a user', line);
    if (parts.length > 1) this.#fail(`"${path.original}" goes too deep`, line, path.original, `stop at "${field}"`);
    if (!this.#uses.userFields.has(field)) this.#uses.userFields.set(field, this.#piece.where(line, field));
    return 'text';
  }

  #fail(what: string, line: number, word: string, fix: string): never {
    throw new RectuneError('usage', what, this.#piece.where(line, word), fix);
  }

  #unknown(word: string, known: readonly string[], owner: string, line: number): never {
    if (this.#piece.answers.includes(word)) {
      const leak = `${this.#piece.self} uses "${word}" in what the model reads, which gives the answer away`;
      this.#fail(leak, line, word, `use "${word}" in output only`);
    }
    const near = nearestWord(word, known);
    const fix = `${near ? `did you mean "${near}"? ` : ''}use one of ${known.join(', ')}`;
    const list = { 'an item': 'fields', 'a user': 'userFields' }[owner];
    const more = list === undefined ? fix : `${fix}; or add "${word}" to ${list}`;
    return this.#fail(`${this.#piece.self} uses "${word}", which ${owner} does not offer`, line, word, more);
  }

  #unknownHelper(path: hbs.AST.PathExpression): never {
    const near = nearestWord(path.original, HELPERS);
    const fix = `${near ? `did you mean "${near}"? ` : ''}use one of ${HELPERS.join(', ')}`;
    return this.#fail(`there is no helper "${path.original}"`, path.loc.start.line, path.original, fix);
  }
}

function kindName(kind: VariableKind): string {
  return { history: 'a list', list: 'a list', item: 'an item', entity: 'a user', text: 'text', flag: 'a flag' }[kind];
}

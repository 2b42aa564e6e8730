import Handlebars from 'handlebars';
import type { Marks } from './marks.js';
import { type Fields, ITEM_HELPERS, LIST_HELPERS, TEXT_HELPERS } from './template-helpers.js';

/** Renders a context to marked text. */
export type Render = (context: object, marks: Marks) => string;

const INSERT = 'insert'; // helper behind every printed name; no template can call it, because checkTemplate knows it not

/** A world of its own: helpers that something else registers do not reach templates, and ours do not reach others. */
const handlebars = Handlebars.create();

handlebars.registerHelper(INSERT, (value: unknown, options: Handlebars.HelperOptions) => {
  if (typeof value !== 'string') throw new Error('a template prints what the example does not offer');
  return marksOf(options).value(value);
});

/** The titles of a list, each in quotes, joined by comma and space; an empty list prints nothing. */
registerTitles('titles', (title) => title);

/** The same with articles moved to the front. */
registerTitles('moved', TEXT_HELPERS.article);

function registerTitles(name: keyof typeof LIST_HELPERS, shown: (title: string) => string): void {
  handlebars.registerHelper(name, (items: readonly { title: string }[], options: Handlebars.HelperOptions) => {
    const marks = marksOf(options);
    const last = items.length - 1;
    const print = (item: { title: string }, i: number): string =>
      marks.item(item, `"${marks.value(shown(item.title))}"${i < last ? ', ' : ''}`);
    return items.map(print).join('');
  });
}

for (const [name, helper] of Object.entries(TEXT_HELPERS)) {
  handlebars.registerHelper(name, (text: string, options: Handlebars.HelperOptions) =>
    marksOf(options).value(helper(text)),
  );
}

for (const [name, helper] of Object.entries(ITEM_HELPERS)) {
  handlebars.registerHelper(name, (item: Fields, options: Handlebars.HelperOptions) =>
    marksOf(options).value(helper(item, options.data.fields as readonly string[])),
  );
}

/** As Handlebars' own, and marks what belongs to each item. */
handlebars.registerHelper('each', (items: readonly object[], options: Handlebars.HelperOptions) => {
  const marks = marksOf(options);
  const last = items.length - 1;
  const rendered = items.map((item, i) => {
    const data = Handlebars.createFrame(options.data);
    data.last = i === last;
    return marks.item(item, options.fn(item, { data }));
  });
  return rendered.join('');
});

/**
 * Compiles a checked template. noEscape, because a prompt is not HTML: "&" stays "&".
 *
 * inserts  whether printed names are values to be marked; a wrapper prints text that holds its marks already
 * fields   of an item, that the template declares
 */
export function compileTemplate(
  program: hbs.AST.Program,
  inserts: 'values' | 'marked text',
  fields: readonly string[] = [],
): Render {
  if (inserts === 'values') markPrintedNames(program);
  const template = handlebars.compile(program, { noEscape: true, strict: true, knownHelpersOnly: true, knownHelpers });
  return (context, marks) => template(context, { data: { marks, fields } });
}

const knownHelpers = Object.fromEntries(
  [INSERT, ...Object.keys(LIST_HELPERS), ...Object.keys(TEXT_HELPERS), ...Object.keys(ITEM_HELPERS)].map((name) => [
    name,
    true,
  ]),
) as unknown as KnownHelpers;

/** Turns {{path}} into {{insert path}}, so that the place of every value is known. */
function markPrintedNames(program: hbs.AST.Program): void {
  for (const statement of program.body) {
    if (statement.type === 'BlockStatement') {
      const block = statement as hbs.AST.BlockStatement;
      if (block.program) markPrintedNames(block.program);
      if (block.inverse) markPrintedNames(block.inverse);
    } else if (statement.type === 'MustacheStatement') {
      const mustache = statement as hbs.AST.MustacheStatement;
      if (mustache.params.length > 0) continue;
      mustache.params = [mustache.path];
      mustache.path = insertPath(mustache.loc);
    }
  }
}

function insertPath(loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  return { type: 'PathExpression', data: false, depth: 0, parts: [INSERT], original: INSERT, loc };
}

function marksOf(options: Handlebars.HelperOptions): Marks {
  return options.data.marks as Marks;
}

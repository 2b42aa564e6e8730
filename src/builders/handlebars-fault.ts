import Handlebars from 'handlebars';

/** A mistake in Handlebars text, in plain words. */
export interface Fault {
  readonly line: number; // from 1: where the mistake is, not where the parser noticed it
  readonly what: string;
  readonly fix: string;
}

interface Block {
  readonly name: string;
  readonly line: number;
  hasElse: boolean;
}

const LONGEST = 40; // characters of the text that an error shows

/**
 * Finds the first mistake in text that Handlebars cannot parse: its own message is a list of the grammar's tokens, and names
 * the line of the last token it understood. Each expression is tried by itself, and blocks are counted.
 */
export function findFault(text: string): Fault {
  const open: Block[] = [];
  for (let at = text.indexOf('{{'); at >= 0; ) {
    const line = text.slice(0, at).split('\n').length;
    const found = readExpression(text, at, line);
    if ('what' in found) return found;
    const fault = found.literal
      ? undefined
      : (faultInside(found.expression, line) ?? follow(found.expression, line, open));
    if (fault) return fault;
    at = text.indexOf('{{', at + found.expression.length);
  }
  const last = open.at(-1);
  if (!last) return { line: 1, what: 'its braces cannot be read', fix: 'correct the braces' };
  return { line: last.line, what: `{{#${last.name}}} is not closed`, fix: `write {{/${last.name}}} where it ends` };
}

/** The text from the opening braces to the closing ones. literal: braces that are no expression, escaped or in a comment. */
function readExpression(text: string, at: number, line: number): Fault | { expression: string; literal: boolean } {
  if (text[at - 1] === '\\' && text[at - 2] !== '\\') return { expression: '{{', literal: true };
  const [opening = '{{'] = /^(\{\{~?!--|\{\{~?!|\{+)/.exec(text.slice(at)) ?? [];
  const isComment = opening.includes('!');
  const closing = opening.endsWith('--')
    ? /--~?\}\}/g
    : isComment
      ? /\}\}/g
      : new RegExp(`\\}{${opening.length}}`, 'g');
  closing.lastIndex = at + opening.length;
  const end = closing.exec(text);
  const next = isComment ? -1 : text.indexOf('{{', at + opening.length);
  if (!end || (next >= 0 && next < end.index)) {
    const braces = opening.endsWith('--') ? '--}}' : '}'.repeat(isComment ? 2 : opening.length);
    const shown = text.slice(at).split('\n')[0]?.slice(0, LONGEST) ?? '';
    return { line, what: `"${shown}" is not closed by ${braces}`, fix: `write the closing braces ${braces}` };
  }
  const expression = text.slice(at, end.index + end[0].length);
  if (!isComment && text[end.index + end[0].length] === '}') {
    const what = `"${expression}}" has more closing braces than opening ones`;
    return { line, what, fix: 'close it by as many braces as it opens with' };
  }
  return { expression, literal: isComment };
}

/** A mistake inside one pair of braces. */
function faultInside(expression: string, line: number): Fault | undefined {
  if (/^\{+~?[#^/]?\s*~?\}+$/.test(expression) && !/^\{\{~?\^/.test(expression)) {
    return { line, what: `${expression} holds no name`, fix: 'write a name between the braces, or take them away' };
  }
  const block = blockName(expression);
  const alone = block !== undefined ? `${expression}{{/${block}}}` : expression;
  if (isElse(expression) || closedName(expression) !== undefined || parses(alone)) return undefined;
  const what = `"${expression.slice(0, LONGEST)}" is no Handlebars expression`;
  return { line, what, fix: 'write {{name}}, {{helper name}} or {{#if name}}...{{/if}} in the braces' };
}

/** Opens, turns or closes a block; a mistake when there is none to turn or close. */
function follow(expression: string, line: number, open: Block[]): Fault | undefined {
  const last = open.at(-1);
  const opened = blockName(expression);
  const closed = closedName(expression);
  if (opened !== undefined) open.push({ name: opened, line, hasElse: false });
  else if (isElse(expression)) {
    const where = last ? `a second time in {{#${last.name}}}` : 'outside a block';
    if (!last || last.hasElse) return { line, what: `${expression} stands ${where}`, fix: 'take it away' };
    last.hasElse = /^\{\{~?(else|\^)\s*~?\}\}$/.test(expression);
  } else if (closed !== undefined) {
    if (!last)
      return { line, what: `${expression} closes no block`, fix: `take it away, or open {{#${closed}}} before it` };
    if (last.name !== closed) {
      const what = `${expression} stands where {{#${last.name}}} is still open`;
      return { line, what, fix: `write {{/${last.name}}} before it` };
    }
    open.pop();
  }
  return undefined;
}

function blockName(expression: string): string | undefined {
  return /^\{\{~?[#^]\s*([^\s}~]+)/.exec(expression)?.[1];
}

function closedName(expression: string): string | undefined {
  return /^\{\{~?\/\s*([^\s}~]+)/.exec(expression)?.[1];
}

function isElse(expression: string): boolean {
  return /^\{\{~?(else\b|\^\s*~?\}\})/.test(expression);
}

function parses(text: string): boolean {
  try {
    Handlebars.parse(text);
    return true;
  } catch {
    return false;
  }
}

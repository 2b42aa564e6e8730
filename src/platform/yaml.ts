import { type Document, LineCounter, parseDocument } from 'yaml';
import { RectuneError } from '../core/errors.js';

/** YAML that could be read. */
export interface YamlText {
  readonly document: Document.Parsed;
  readonly value: unknown; // as plain JavaScript; parse it by a schema (core/parse.ts)
  /** Line of a place in the text, from 1. */
  lineOf(offset: number): number;
}

/**
 * Reads YAML, the only place where that is done, so that a mistake is told in one way: what is wrong, the line, what to do.
 *
 * what     what the text is, as errors call it: "the recipe"
 * placeOf  how a line of the text is named; undefined: the mistake is of no line of its own
 * throws   RectuneError 'usage'
 */
export function readYaml(text: string, what: string, placeOf: (line: number | undefined) => string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const refuse = (message: string, line: number | undefined): never => {
    const [fault = ''] = message.split(/ at line |\n/);
    const fix = line === undefined ? 'correct the text' : 'correct this line';
    throw new RectuneError('usage', `${what} is not YAML: ${fault}`, placeOf(line), fix);
  };
  const [error] = document.errors;
  if (error) refuse(error.message, lineOf(error.pos[0]));
  try {
    return { document, value: document.toJS(), lineOf };
  } catch (thrown) {
    return refuse((thrown as Error).message, undefined); // such as an alias without an anchor
  }
}

/** The value of a YAML file's text; mistakes name the file and the line. */
export function yamlOfFile(text: string, what: string, file: string): unknown {
  return readYaml(text, what, (line) => (line === undefined ? file : `${file}:${line}`)).value;
}

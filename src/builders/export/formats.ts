import type { Instruction, Split } from '../../core/instruction.js';
import { toJsonLines } from '../../platform/json-lines.js';
import { parquetFile } from './parquet.js';
import { pythonJson } from './python-json.js';

/** Forms in which other programs read a version; docs/formats.md says who reads which. */
export const EXPORT_FORMATS = [
  'tallrec',
  'alpaca',
  'sharegpt',
  'messages',
  'prompt-completion',
  'p5',
  'parquet',
] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type Rows = Iterable<Instruction>;

/** One file of a split, written as its rows come. */
export interface FormatFile {
  /** "json", "source": what follows the name of the split and a dot. */
  readonly ending: string;
  /** origins: whether what a row came from goes along, where the format has room for it. */
  content(rows: Rows, origins: boolean): Iterable<string> | Iterable<Uint8Array>;
}

/** Where a row comes from, beside its text. */
function originOf({ split, row, userId, itemId, label, templateId }: Instruction) {
  return { split: split as Split, row, user: userId, item: itemId, label, template: templateId };
}

function* each<T extends object>(rows: Rows, origins: boolean, form: (row: Instruction) => T): Generator<T, void> {
  for (const row of rows) yield origins ? { ...form(row), ...originOf(row) } : form(row);
}

const parts = ({ instruction, input, answer }: Instruction) => ({ instruction, input, output: answer });
const conversation = ({ prompt, answer }: Instruction) => ({
  conversations: [
    { from: 'human', value: prompt },
    { from: 'gpt', value: answer },
  ],
});
const messages = ({ prompt, answer }: Instruction) => ({
  messages: [
    { role: 'user', content: prompt },
    { role: 'assistant', content: answer },
  ],
});
const completion = ({ prompt, answer }: Instruction) => ({ prompt, completion: answer });

const TEXT_COLUMNS = { prompt: 'text', answer: 'text', instruction: 'text', input: 'text' } as const;
const ORIGIN_COLUMNS = {
  split: 'text',
  row: 'whole',
  user: 'text',
  item: 'text',
  label: 'flag',
  template: 'text',
} as const;
const columns = ({ prompt, answer, instruction, input }: Instruction) => ({ prompt, answer, instruction, input });

export const FORMAT_FILES: Record<ExportFormat, readonly FormatFile[]> = {
  tallrec: [{ ending: 'json', content: (rows) => pythonJson(each(rows, false, parts)) }], // as published: nothing beside
  alpaca: [{ ending: 'json', content: (rows, origins) => pythonJson(each(rows, origins, parts)) }],
  sharegpt: [{ ending: 'json', content: (rows, origins) => jsonArray(each(rows, origins, conversation)) }],
  messages: [{ ending: 'jsonl', content: (rows, origins) => toJsonLines(each(rows, origins, messages)) }],
  'prompt-completion': [{ ending: 'jsonl', content: (rows, origins) => toJsonLines(each(rows, origins, completion)) }],
  p5: [
    { ending: 'source', content: (rows) => textLines(rows, ({ prompt }) => prompt) },
    { ending: 'target', content: (rows) => textLines(rows, ({ answer }) => answer) },
  ],
  parquet: [
    {
      ending: 'parquet',
      content: (rows, origins) =>
        origins
          ? parquetFile({ ...TEXT_COLUMNS, ...ORIGIN_COLUMNS }, withOrigins(rows))
          : parquetFile(TEXT_COLUMNS, each(rows, false, columns)),
    },
  ],
};

function* withOrigins(rows: Rows) {
  for (const row of rows) yield { ...columns(row), ...originOf(row) };
}

/** One JSON array, a row a line. */
function* jsonArray(values: Iterable<unknown>): Generator<string, void> {
  let before = '[\n';
  for (const value of values) {
    yield `${before}${JSON.stringify(value)}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** A row a line: line ends inside a text are \n and \r, and a backslash is \\. */
function* textLines(rows: Rows, textOf: (row: Instruction) => string): Generator<string, void> {
  for (const row of rows) {
    const text = textOf(row).replace(/[\\\n\r]/g, (unit) => ESCAPES[unit] ?? unit);
    yield `${text}\n`;
  }
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

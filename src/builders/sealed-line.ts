import { lineExtras } from '../core/instruction.js';
import type { MadeRow } from '../core/made-row.js';
import type { LabelWeights } from '../core/recipe.js';
import { type ByteText, constant } from '../platform/byte-text.js';

/** Writes the line of an instruction in a sealed file: the JSON of instructionLine() and a newline, from bytes that are there already. */
export function writeLine(
  to: ByteText,
  row: MadeRow,
  options: { weights?: LabelWeights | undefined; ownAnswers: boolean },
): void {
  to.constant(ROW);
  to.number(row.row);
  to.constant(USER);
  to.json(row.userId);
  to.constant(ITEM);
  to.json(row.itemId);
  to.constant(row.label === null ? LABEL_NONE : row.label ? LABEL_TRUE : LABEL_FALSE);
  if (row.jsonLength < 0) to.json(row.prompt());
  else to.escaped(row.json, row.jsonLength);
  to.constant(ANSWER);
  to.json(row.answer);
  to.constant(VALUES);
  to.pairs(row.values, row.valueCount);
  to.constant(HISTORY);
  to.pairs(row.history, row.historyCount);
  if (options.weights !== undefined || options.ownAnswers) {
    const json = JSON.stringify(lineExtras(row, options));
    if (json !== '{}') to.text(`,${json.slice(1, -1)}`);
  }
  to.constant(END);
}

const [ROW, USER, ITEM, ANSWER] = [
  constant('{"row":'),
  constant(',"user":'),
  constant(',"item":'),
  constant(',"answer":'),
];
const [VALUES, HISTORY, END] = [constant(',"values":'), constant(',"history":'), constant('}\n')];
const LABEL_NONE = constant(',"label":null,"prompt":');
const LABEL_TRUE = constant(',"label":true,"prompt":');
const LABEL_FALSE = constant(',"label":false,"prompt":');

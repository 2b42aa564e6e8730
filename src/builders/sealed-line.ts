import { lineExtras } from '../core/instruction.js';
import type { MadeRow } from '../core/made-row.js';
import type { LabelWeights } from '../core/recipe.js';
import type { ByteText } from '../platform/byte-text.js';

/** Writes the line of an instruction in a sealed file: the JSON of instructionLine() and a newline, from bytes that are there already. */
export function writeLine(
  to: ByteText,
  row: MadeRow,
  options: { weights?: LabelWeights | undefined; ownAnswers: boolean },
): void {
  to.text('{"row":');
  to.number(row.row);
  to.text(',"user":');
  to.json(row.userId);
  to.text(',"item":');
  to.json(row.itemId);
  to.text(row.label === null ? LABEL_NONE : row.label ? LABEL_TRUE : LABEL_FALSE);
  if (row.jsonLength < 0) to.json(row.prompt());
  else to.escaped(row.json, row.jsonLength);
  to.text(',"answer":');
  to.json(row.answer);
  to.text(',"values":');
  to.pairs(row.values, row.valueCount);
  to.text(',"history":');
  to.pairs(row.history, row.historyCount);
  if (options.weights !== undefined || options.ownAnswers) {
    const json = JSON.stringify(lineExtras(row, options));
    if (json !== '{}') to.text(`,${json.slice(1, -1)}`);
  }
  to.text('}\n');
}

const LABEL_NONE = ',"label":null,"prompt":';
const LABEL_TRUE = ',"label":true,"prompt":';
const LABEL_FALSE = ',"label":false,"prompt":';

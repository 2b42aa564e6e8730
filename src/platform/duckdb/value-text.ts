/** What a value stands for: text as it is, or a time, which becomes a number or an ISO date in the unit that is said. */
export type ValueKind = 'text' | 'time';

/**
 * Stands before what a line of text may not hold; one of the text stands before an "e" (unescaped). It is the quote, so that a text with any of these is
 * quoted, with quotes inside: no reader takes it as it stands.
 */
const MARK = '"';
const MARKED: Readonly<Record<string, string>> = { e: MARK, n: '\n', r: '\r' };
const ESCAPED = new RegExp(`${MARK}([enr])`, 'g');

/** Parts of a second by unit; iso is written out. */
const PARTS: Readonly<Record<string, number>> = { seconds: 1, milliseconds: 1000, microseconds: 1_000_000 };

/** Whether a column's type is one of dates or times of day in the calendar. */
export function isMoment(type: string): boolean {
  return type === 'DATE' || type.startsWith('TIMESTAMP');
}

/**
 * An expression that writes a value as one line of text; null stays null.
 * - Whole numbers of any type without a point, other floats as short as they are read back, not-a-number as null.
 * - Decimals with all their digits, booleans as true and false, dates and times as ISO 8601, UTC where they have a zone.
 * - Bytes as the UTF-8 text that they are, or else with \x before what is none.
 * - Lists of such values joined by "|", as those of JSON are; structs, maps and lists of these as JSON.
 *
 * type  as DuckDB calls it
 */
export function valueText(expression: string, type: string): string {
  const list = /^(.*)\[\d*\]$/.exec(type)?.[1];
  if (list !== undefined) {
    const inner = list.replace(/(\[\d*\])+$/, '');
    if (isNested(inner)) return oneLine(`to_json(${expression})::varchar`);
    let flat = expression;
    for (let outer = list; outer !== inner; outer = outer.replace(/\[\d*\]$/, '')) flat = `flatten(${flat})`;
    return oneLine(`array_to_string(list_transform(${flat}, lambda v : coalesce(${plainText('v', inner)}, '')), '|')`);
  }
  if (isNested(type)) return oneLine(`to_json(${expression})::varchar`);
  const text = plainText(expression, type);
  return IS_TEXT.test(type) ? oneLine(text) : text;
}

/** An expression that writes a moment in a unit, its parts of a second dropped; an infinite one is null. */
export function momentText(expression: string, unit: string): string {
  const seconds = `epoch(date_trunc('second', ${expression}))::bigint`;
  const parts = PARTS[unit];
  const written =
    parts === undefined
      ? `strftime(date_trunc('second', ${expression})::timestamp, '%Y-%m-%dT%H:%M:%SZ')`
      : `(${seconds} * ${parts})::varchar`;
  return `case when isfinite(${expression}) then ${written} end`;
}

/** A text as it was before it became one line. */
export function unescaped(text: string): string {
  return text.includes(MARK) ? text.replace(ESCAPED, (_, letter: string) => MARKED[letter] as string) : text;
}

const IS_TEXT = /^(VARCHAR|BLOB|JSON|ENUM)/;
const IS_FLOAT = /^(FLOAT|DOUBLE)$/;
const MOST_WHOLE = 2 ** 53;

function isNested(type: string): boolean {
  return /^(STRUCT|MAP|UNION|VARIANT)/.test(type);
}

function plainText(expression: string, type: string): string {
  if (type === 'BLOB') return `coalesce(try(decode(${expression})), ${expression}::varchar)`;
  if (IS_FLOAT.test(type)) {
    const whole = `${expression} = trunc(${expression}) and abs(${expression}) < ${MOST_WHOLE}`;
    return `case when isnan(${expression}) then null when ${whole} then ${expression}::bigint::varchar else ${expression}::varchar end`;
  }
  if (type.startsWith('TIMESTAMP WITH')) return `regexp_replace(${expression}::varchar, '[+]00$', 'Z')`;
  return `${expression}::varchar`;
}

function oneLine(text: string): string {
  const [mark, n, r] = ["'\"'", 'chr(10)', 'chr(13)'];
  const marked = `replace(replace(replace(${text}, ${mark}, ${mark} || 'e'), ${n}, ${mark} || 'n'), ${r}, ${mark} || 'r')`;
  const has = [mark, n, r].map((one) => `contains(${text}, ${one})`).join(' or ');
  return `case when ${has} then ${marked} else ${text} end`;
}

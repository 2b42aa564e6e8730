type Plain = string | number | boolean | null;

/**
 * JSON as Python's json.dumps(value, indent=4) writes it, so that files which Python published can be made again byte for byte.
 * ASCII only: every other character is an escape of four lower-case digits, above U+FFFF two of them; no newline at the end.
 *
 * rows     flat objects of strings, whole numbers, flags and nulls; keys keep their order
 * returns  pieces to be written one after the other: one a row, for a data set need not stand in memory as one string
 * source   https://docs.python.org/3/library/json.html (ensure_ascii, indent)
 */
export function* pythonJson(rows: Iterable<Readonly<Record<string, Plain>>>): Generator<string, void> {
  let empty = true;
  for (const row of rows) {
    const fields = Object.entries(row).map(
      ([key, value]) => `        ${quoted(key)}: ${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`,
    );
    yield `${empty ? '[' : ','}\n    ${fields.length === 0 ? '{}' : `{\n${fields.join(',\n')}\n    }`}`;
    empty = false;
  }
  yield empty ? '[]' : '\n]';
}

/** JSON.stringify writes the same escapes for quotes, backslashes and control characters; it leaves DEL and all above ASCII. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

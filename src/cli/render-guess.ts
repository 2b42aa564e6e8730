import type { Guess, GuessedTable } from '../sources/guess/guessed-spec.js';

const LONGEST = 60; // characters of a value

/** A guess for a person: what each file seems to be, with three rows and why; then the question. */
export function renderGuess(guess: Guess, specPath: string, again: string): string {
  return [
    'this log is not known; it looks like this:',
    ...guess.tables.flatMap(tableLines),
    ...guess.left.map(({ file, why }) => `  ${file} is not read: ${why}`),
    '',
    `is this right? The guess stands in ${specPath}`,
    `  yes: ${again} --yes`,
    `  no:  correct that file, then ${again}`,
  ].join('\n');
}

function tableLines({ role, file, columns, rows, why }: GuessedTable): string[] {
  const names = Object.entries(columns).map(([name, column]) =>
    String(column) === name ? name : `${name} = ${typeof column === 'number' ? `column ${column}` : column}`,
  );
  return [
    '',
    `  ${role} in ${file}: ${names.join(', ')}`,
    ...rows.map((row) => `    ${row.map(([name, value]) => `${name} ${shown(value)}`).join(', ')}`),
    ...why.map((reason) => `    because: ${reason}`),
  ];
}

function shown(value: string): string {
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}..."` : text;
}

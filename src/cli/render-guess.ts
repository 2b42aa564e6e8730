import { describeLabel } from '../core/label-rule.js';
import type { Guess, GuessedTable } from '../sources/guess/guessed-spec.js';

const LONGEST = 60; // characters of a value

/**
 * A guess for a person: what each file seems to be, with three rows and why; then the question.
 *
 * nearly  known formats that the log nearly is, a sentence each
 */
export function renderGuess(guess: Guess, nearly: readonly string[], specPath: string, again: string): string {
  const { label } = guess.spec;
  return [
    'this log is not known; it looks like this:',
    ...guess.tables.flatMap(tableLines),
    ...guess.left.map(({ file, why }) => `  ${file} is not read: ${why}`),
    ...(label ? ['', `  ${describeLabel(label)}: the key "label" of the file below says so`] : []),
    ...nearly.flatMap((sentence) => [
      '',
      `  warning: ${sentence}. If it is that log, put this right, delete the guess below and import it again`,
    ]),
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

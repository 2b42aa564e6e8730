/** How parts of a text are told apart: by colour, or by brackets where there is none. */
export interface TextMarks {
  value(text: string): string; // inserted: a title, a name
  history(text: string): string; // one item of the history, with the separator after it
  loss(text: string): string; // a token that carries loss
  special(text: string): string; // a special token
  cut(text: string): string; // dropped because the row was too long
  plain(text: string, place: number): string; // another token, by its place among the tokens
}

const coloured = (code: string, end: string) => (text: string) =>
  text
    .split('\n') // a colour that goes over the end of a line is lost in some pagers
    .map((line) => (line === '' ? '' : `\u001b[${code}m${line}\u001b[${end}m`))
    .join('\n');

const dim = coloured('2', '22');

/** In colours: neighbouring tokens differ in brightness, so that their borders are seen. */
const COLOURS: TextMarks = {
  value: coloured('36', '39'),
  history: coloured('4', '24'),
  loss: coloured('30;42', '39;49'),
  special: coloured('35;1', '39;22'),
  cut: coloured('9;31', '29;39'),
  plain: (text, place) => (place % 2 === 0 ? text : dim(text)),
};

/** Without colours. */
const BRACKETS: TextMarks = {
  value: (text) => `«${text}»`,
  history: (text) => `{${text}}`,
  loss: (text) => `[${text}]`,
  special: (text) => `<${text}>`,
  cut: (text) => `{-${text}-}`,
  plain: (text) => `${text}|`,
};

export function textMarks(hasColor: boolean): TextMarks {
  return hasColor ? COLOURS : BRACKETS;
}

/** What the marks mean, in one line. */
export function legend(marks: TextMarks): string {
  return `${marks.loss('carries loss')} ${marks.special('special token')} ${marks.cut('history that was cut')}`;
}

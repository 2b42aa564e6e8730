const WRITTEN: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}', // the old text font has other glyphs in these places
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "''",
  '`': '\\`{}', // else ?` and !` would become other signs
  '[': '{[}', // behind a line's end a bracket would be the length of a skip
  ']': '{]}',
  '*': '{*}', // behind a line's end a star would forbid a page break
  '…': '\\ldots{}',
};

/**
 * Text from data as LaTeX that prints its characters, in one line and in any place of a table. Two hyphens in a row are kept apart, a number's
 * sign is a minus. Letters beyond ASCII are left to the document's encoding (UTF-8 today).
 */
export function escapeLatex(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').replace(/-{2,}|(?<!\w)-(?=\d)|[\\{}$&#%_^~<>|"`[\]*…]/g, (found) => {
    if (!found.startsWith('-')) return WRITTEN[found] ?? found;
    return found === '-' ? '$-$' : [...found].join('{}');
  });
}

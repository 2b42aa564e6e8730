import { describeLabel } from '../core/label-rule.js';
import type { Check, Source } from '../core/source.js';

export function renderSource(source: Source & { unchanged: boolean; added?: number }): string {
  const { id, title, counts, files, warnings, unchanged, added, pseudonyms } = source;
  return [
    `source ${id}: ${title}${unchanged ? ' (in the store already, unchanged)' : ''}`,
    `  ${counts.interactions} interactions of ${counts.users} users with ${counts.items} items`,
    ...(added === undefined
      ? []
      : [`  ${added} ${added === 1 ? 'row' : 'rows'} added to ${counts.interactions - added}`]),
    ...files.map(fileLine),
    ...(source.label ? [`  ${describeLabel(source.label)} (for recipes that say nothing else)`] : []),
    ...(pseudonyms ? [`  user ids are pseudonyms (${pseudonyms.algorithm}, key ${pseudonyms.keyFingerprint})`] : []),
    ...(counts.rejects > 0 ? [`  ${counts.rejects} rows could not be used: rectune rejects ${id}`] : []),
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...checkLines(source).map((line) => `  warning: ${line}`),
    ...(source.personal ?? []).map(({ field, texts, mails, phones, addresses }) => {
      return `  warning: ${texts} texts of ${field} hold what may be personal: ${mails} mails, ${phones} phone numbers, ${addresses} addresses`;
    }),
  ].join('\n');
}

function fileLine({ name, rows, rejects, merged, emptyLines }: Source['files'][number]): string {
  const others = [
    ...(rejects > 0 ? [`${rejects} rejected`] : []),
    ...(merged > 0 ? [`${merged} merged`] : []),
    ...(emptyLines > 0 ? [`${emptyLines} empty`] : []),
  ];
  return `  ${name}: ${[`${rows} rows`, ...others].join(', ')}`;
}

/** What is wrong with items, most serious first; an empty title is a warning of its own already. */
function checkLines({ checks }: Source): string[] {
  if (!checks) return [];
  const told: [Check, string][] = [
    [checks.danglingItems, 'items are named by interactions and have no row'],
    [checks.htmlTitles, 'titles hold pieces of web pages'],
    [checks.overLongTitles, 'titles are longer than 200 characters'],
    [checks.duplicateTitles, 'items have the title of an item before'],
  ];
  return told.flatMap(([{ count, examples }, what]) =>
    count > 0 ? [`${count} ${what}, such as ${examples.join('; ')}`] : [],
  );
}

import { sha256 } from '../../platform/files.js';
import type { World } from './world.js';

/**
 * An invented world as a log: the files of datasets/tiny but its README. What is hidden (tastes, quality) is not in it.
 *
 * returns  file name to content
 */
export function logFiles({ items, interactions }: World): Record<string, string> {
  const files = {
    'interactions.csv': csv(
      ['user', 'item', 'rating', 'timestamp'],
      interactions.map(({ userId, itemId, rating, timestamp }) => [userId, itemId, rating, timestamp]),
    ),
    'items.csv': csv(
      ['item', 'title', 'genre'],
      items.map(({ itemId, title, genre }) => [itemId, title, genre]),
    ),
  };
  return { ...files, 'source.yaml': sourceYaml(files) };
}

/** Invented words hold no comma, quote or line end, so nothing needs quoting. */
function csv(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, ...rows].map((row) => `${row.join(',')}\n`).join('');
}

function sourceYaml(files: { 'interactions.csv': string; 'items.csv': string }): string {
  return `# Written by npm run simulate, like the two files it describes.
id: tiny
title: Invented users and items
terms: Invented by this project; free to use under its license.

interactions:
  file: interactions.csv
  columns: { user: user, item: item, rating: rating, timestamp: timestamp }
  sha256: ${sha256(files['interactions.csv'])}

items:
  file: items.csv
  columns: { item: item, title: title }
  attributes: { genre: genre }
  sha256: ${sha256(files['items.csv'])}
`;
}

import type { SourceFile } from '../core/source.js';
import type { FileSpec, SourceSpec } from '../core/source-spec.js';

/** The files that a log consists of and what each is, the log itself first. */
export function tablesOf(spec: SourceSpec): (readonly [SourceFile['role'], FileSpec])[] {
  const { interactions, items, users, tags } = spec;
  return [
    ['interactions', interactions],
    ...(items ? [['items', items] as const] : []),
    ...(users ? [['users', users] as const] : []),
    ...(tags ? [['tags', tags] as const] : []),
    ...(tags?.names ? [['tagNames', tags.names] as const] : []),
  ];
}

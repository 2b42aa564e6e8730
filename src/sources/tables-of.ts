import type { SourceFile } from '../core/source.js';
import type { FileSpec, SourceSpec } from '../core/source-spec.js';

/** The files that a log consists of and what each is, the log itself first. */
export function tablesOf(spec: SourceSpec): (readonly [SourceFile['role'], FileSpec])[] {
  const { interactions, items, users } = spec;
  return [
    ['interactions', interactions],
    ...(items ? [['items', items] as const] : []),
    ...(users ? [['users', users] as const] : []),
  ];
}

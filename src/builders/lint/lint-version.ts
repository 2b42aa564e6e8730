import type { DatasetVersion } from '../../core/dataset-version.js';
import { type Finding, finding } from '../../core/lint.js';
import { DatasetRecipe } from '../../core/recipe.js';
import type { Store } from '../../store/store.js';
import { attributesOf } from '../coverage.js';
import { hasRatings } from '../log-table.js';
import { readLog } from '../read-log.js';
import { type LintedLog, logFindings } from './lint-recipe.js';

/** An imported log as rules see it; undefined: it is not in the store. */
export function logOf(store: Store, sourceId: string): LintedLog | undefined {
  if (store.sources.find(sourceId) === undefined) return undefined;
  let hasTimes = false;
  for (const { timestamp } of store.sources.interactions(sourceId)) {
    if (timestamp === null) continue;
    hasTimes = true;
    break;
  }
  const items = store.sources.items(sourceId);
  const log = readLog(store, sourceId, 0);
  return {
    items,
    hasTimes,
    hasRatings: hasRatings(log),
    ofUsers: attributesOf(store.sources.describedUsers(sourceId).values()),
    ofInteractions: log.attributeNames,
  };
}

/** What can be seen of a sealed version without a model. */
export function lintVersion(store: Store, version: DatasetVersion): Finding[] {
  const where = `version ${version.name}`;
  const recipe = DatasetRecipe.safeParse(version.recipe);
  const findings = recipe.success ? logFindings(recipe.data, logOf(store, version.sourceId), where) : [];
  const families = new Map<string, { unseen: boolean; templates: number }>();
  for (const { family, evaluationOnly } of version.templates) {
    if (family === undefined) continue;
    const known = families.get(family) ?? { unseen: false, templates: 0 };
    families.set(family, { unseen: known.unseen || evaluationOnly === true, templates: known.templates + 1 });
  }
  for (const [family, { unseen, templates }] of families) {
    if (unseen || templates < 2) continue;
    findings.push(
      finding(
        'no-unseen-wording',
        where,
        `the family ${family} has ${templates} wordings, none for evaluation only`,
        'mark one evaluationOnly: true, and build again',
      ),
    );
  }
  const sets = new Set<string>();
  const labels = { liked: 0, disliked: 0 };
  for (const { label, choices } of store.versions.facts(version.hash, 'train')) {
    if (label === null) continue;
    labels[label ? 'liked' : 'disliked'] += 1;
    // Thoughts stand before some answers, so that only the last word tells which labels these are.
    if (choices?.length === 2) sets.add(choices.map((choice) => choice.trim().split(/\s+/).at(-1)).join(' / '));
  }
  if (sets.size > 1) {
    findings.push(
      finding(
        'mixed-labels',
        where,
        `judgements have ${sets.size} pairs of label words: ${[...sets].join(', ')}`,
        'use one pair, or report and evaluate each by itself',
      ),
    );
  }
  if (labels.liked + labels.disliked > 0 && (labels.liked === 0 || labels.disliked === 0)) {
    findings.push(
      finding(
        'one-label',
        where,
        `all ${labels.liked + labels.disliked} judgements of train are ${labels.liked > 0 ? 'liked' : 'not liked'}`,
        'correct the label rule, or draw negatives',
      ),
    );
  }
  return findings;
}

import { z } from 'zod';
import { Curation } from './curation/record.js';

const bySplit = z.strictObject({ train: z.number().int(), valid: z.number().int(), test: z.number().int() });

/** What is known of a sealed dataset version: versions/<hash>/manifest.json and one row in the store. */
export const DatasetVersion = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/), // sha256 over the recipe's dataset part, the source's hash, the templates and the three instruction files
  name: z.string().min(1), // the recipe's name; the newest version of a name is what the name means
  recipe: z.unknown(), // its dataset part as parsed, every default written out; how to train is not in it
  recipeHash: z.string(),
  sourceId: z.string(), // e.g. "ml-100k"
  sourceHash: z.string(), // sha256 over the hashes of the log's files
  labels: z.tuple([z.string(), z.string()]).nullable(), // answer when liked, answer when not; null: rows have answers of their own
  split: z.strictObject({
    kind: z.string(),
    leaks: z.string(), // one sentence: what this split leaks
  }),
  templates: z.array(
    z.strictObject({
      id: z.string(),
      version: z.number().int(),
      hash: z.string(),
      task: z.string().optional(), // a wrapper has none of these
      family: z.string().optional(),
      cell: z.string().optional(), // of the grid
      evaluationOnly: z.boolean().optional(), // unseen in train
      rows: bySplit.optional(),
    }),
  ),
  counts: z.strictObject({
    ...bySplit.shape,
    users: bySplit,
    liked: bySplit,
  }),
  checks: z
    .strictObject({
      leftOut: z.strictObject({
        zeroRatings: z.number().int(),
        missingTitles: z.number().int(),
        core: z.number().int().optional(),
      }), // interactions
      withoutRow: z.record(z.string(), z.number().int()).optional(), // examples that no template could show, by what they lack
      lacked: z.record(z.string(), z.number().int()).optional(), // tries of a template that gave way to another, by what the example lacked
      droppedTwins: z.number().int().optional(), // rows whose prompt a later split holds too
      balanced: z.number().int().optional(), // rows of train that balance left out
      twinPrompts: z.strictObject({ valid: z.number().int(), test: z.number().int() }), // rows whose prompt an earlier split holds too
    })
    .optional(), // what the build counted and let pass; what it does not let pass never becomes a version
  texts: z
    .strictObject({
      teacher: z.string().optional(), // sha256 of the model
      imported: z.record(z.string(), z.string()).optional(), // hashes of imported texts
      named: z // by slot: texts of the model that named a title and were asked for again, and those of them that a rule wrote in the end
        .record(z.string(), z.strictObject({ askedAgain: z.number().int(), byRule: z.number().int() }))
        .optional(),
    })
    .optional(),
  candidates: z
    .strictObject({ lists: z.number().int(), hash: z.string() }) // sha256 over the drawn lists, each with the line of its target
    .optional(),
  curation: Curation.optional(), // of a version that was made from another one; recipe, source and candidates are then those of the parent
  files: z.strictObject({ train: z.string(), valid: z.string(), test: z.string() }), // sha256 of each jsonl file
  program: z.string(), // rectune version that built it
});
export type DatasetVersion = z.infer<typeof DatasetVersion>;

/**
 * The text that a version's hash is the SHA-256 of: all that decides the rows. The source's hash is in it because rows name lines of the log.
 * Keys count in the order in which they stand, so a version that was read from a file is given here as it was read.
 */
export function versionIdentity(
  facts: Pick<DatasetVersion, 'name' | 'recipe' | 'sourceId' | 'sourceHash' | 'templates' | 'curation' | 'files'>,
): string {
  const { name, recipe, sourceId, sourceHash, templates, curation, files } = facts;
  // The name of a version that was built stands in its recipe.
  const made = curation && { name, parent: curation.parent, steps: curation.steps.map(({ settings }) => settings) };
  return JSON.stringify({ recipe, sourceId, sourceHash, templates, files, curated: made });
}

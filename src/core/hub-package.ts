import { z } from 'zod';
import { Instruction, type InstructionLine, type Split } from './instruction.js';
import { ReportedSettings } from './report.js';

/** The version of what Rectune lays into a repository (docs/sharing.md). */
export const PACKAGE_FORMAT = 1;

/** The file of a repository that says what the others are. */
export const PACKAGE_FILE = 'rectune.json';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** The log that a version was made from, and what its owner allows. */
export const SourceTerms = z.strictObject({
  id: z.string(),
  title: z.string(),
  terms: z.string(),
  homepage: z.string().nullable(),
  files: z.array(z.strictObject({ name: z.string(), sha256: hash })),
});
export type SourceTerms = z.infer<typeof SourceTerms>;

/** A dataset version in a repository. */
export const DatasetPackage = z.strictObject({
  format: z.literal(PACKAGE_FORMAT),
  kind: z.literal('dataset'),
  program: z.string(), // rectune version that pushed it
  version: hash,
  source: SourceTerms.nullable(), // null: the studio that pushed it had the log no more
  files: z.record(z.string(), hash), // sha256 of each file but this one and the card
});
export type DatasetPackage = z.infer<typeof DatasetPackage>;

/** A trained adapter in a repository, with all that its use and its repetition need to know. */
export const AdapterPackage = z.strictObject({
  format: z.literal(PACKAGE_FORMAT),
  kind: z.literal('adapter'),
  program: z.string(),
  run: z.string(), // id in the studio that trained it
  configHash: z.string(), // over all that decides the adapter's bytes
  adapter: hash, // sha256 of adapter.gguf
  baseModel: z.strictObject({ file: z.string(), sha256: z.string() }), // the very file that it was trained on
  data: z.strictObject({
    name: z.string(),
    hash: z.string(),
    labels: z.tuple([z.string(), z.string()]).nullable(),
  }),
  startAdapter: z.string().nullable(), // sha256 of the adapter that it began from
  settings: ReportedSettings.omit({ rows: true, startAdapter: true }).extend({ rows: z.number().int().positive() }),
});
export type AdapterPackage = z.infer<typeof AdapterPackage>;

/** Where a pulled version came from: stands beside its files, so that its terms go with it when it is pushed on. */
export const Origin = z.strictObject({
  repo: z.string(),
  commit: z.string(),
  source: SourceTerms.nullable(),
});
export type Origin = z.infer<typeof Origin>;

/** What an instruction has beside its sealed line. */
export const InstructionDetail = Instruction.omit({
  split: true,
  userId: true,
  itemId: true,
  label: true,
  prompt: true,
  answer: true,
  values: true,
  history: true,
});
export type InstructionDetail = z.infer<typeof InstructionDetail>;

export function detailOf(instruction: Instruction): InstructionDetail {
  const {
    split: _s,
    userId: _u,
    itemId: _i,
    label: _l,
    prompt: _p,
    answer: _a,
    values: _v,
    history: _h,
    ...detail
  } = instruction;
  return detail;
}

/** An instruction from its sealed line and its detail, which are of the same row. */
export function joined(split: Split, line: InstructionLine, detail: InstructionDetail): Instruction {
  const { user, item, label, prompt, answer, values, history } = line;
  return { ...detail, split, userId: user, itemId: item, label, prompt, answer, values, history };
}

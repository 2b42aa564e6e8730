import { z } from 'zod';
import { FitMetric } from './fit.js';
import { FIT_PROTOCOLS, FitKind, FitProtocol } from './fit-result.js';
import { FIT_MODELS, type FitModelName } from './fit-search.js';

/** A model of users and items as a report names it: what it is, and what it learned from. */
export type IdModelId = `${FitModelName}-${FitProtocol}`;

export function idModel(model: FitModelName, protocol: FitProtocol): IdModelId {
  return `${model}-${protocol}`;
}

/** All there can be, in the order of a report's tables. */
export const ID_MODELS = FIT_PROTOCOLS.flatMap((protocol) => FIT_MODELS.map((model) => idModel(model, protocol))) as [
  IdModelId,
  ...IdModelId[],
];
export const IdModel = z.enum(ID_MODELS);

export function isIdModel(model: string): model is IdModelId {
  return (ID_MODELS as readonly string[]).includes(model);
}

export function protocolOf(model: IdModelId): FitProtocol {
  return FIT_PROTOCOLS.find((protocol) => model.endsWith(`-${protocol}`)) as FitProtocol;
}

const NAMES: Readonly<Record<FitModelName, string>> = {
  pop: 'Pop',
  'item-knn': 'ItemKNN',
  ease: 'EASE',
  bpr: 'BPR',
  gru4rec: 'GRU4Rec',
  sasrec: 'SASRec',
  caser: 'Caser',
  din: 'DIN',
};

/**
 * "SASRec (all of train)", "SASRec (the run's 64 rows)": a figure of the one is not to be read as that of the other.
 *
 * shots  rows of train that the few-shot run learned from
 * run    its name, where several runs stand beside each other: "SASRec (the 64 rows of RUN)"
 */
export function idModelTitle(model: IdModelId, shots: number, run?: string): string {
  const protocol = protocolOf(model);
  const name = NAMES[model.slice(0, -protocol.length - 1) as FitModelName];
  if (protocol === 'full') return `${name} (all of train)`;
  const rows = `${shots} row${shots === 1 ? '' : 's'}`;
  return run === undefined ? `${name} (the run's ${rows})` : `${name} (the ${rows} of ${run})`;
}

const count = z.number().int().nonnegative();

/** Models of users and items on the rows of one task. */
export const IdModelStanding = z.strictObject({
  best: z.array(z.strictObject({ protocol: FitProtocol, model: IdModel, chosenBy: z.string() })), // of each protocol that was fitted: the one of the verdict
  spread: z.array(
    z.strictObject({
      model: IdModel,
      values: z.array(z.number().nullable()).min(1), // the main metric on test under each seed; the first seed's is the one of the tables
      mean: z.number().nullable(), // null: a value is not defined
      deviation: z.number().nullable(), // standard deviation over the seeds (n - 1); null: fewer than two
    }),
  ),
});
export type IdModelStanding = z.infer<typeof IdModelStanding>;

/** How a model was fitted, and the file that holds what it says of each row. */
export const ReportedFit = z.strictObject({
  model: IdModel,
  kind: FitKind,
  file: z.string(), // fits/<version hash>/<file>.json of the studio
  sha256: z.string(),
  interactions: count, // learned from
  metric: FitMetric, // by which it was tuned on valid
  trials: z.array(z.strictObject({ settings: z.record(z.string(), z.unknown()), value: z.number().nullable() })).min(1),
  chosen: count, // place of the trial whose settings were taken
  seeds: z.array(z.strictObject({ seed: count, epochs: count, value: z.number().nullable() })).min(1), // value: on valid
});
export type ReportedFit = z.infer<typeof ReportedFit>;

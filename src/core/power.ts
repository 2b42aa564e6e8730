import { z } from 'zod';

const share = z.coerce.number().gt(0).lt(1);

/** What a comparison shall be able to show. */
export const PowerDemand = z.strictObject({
  difference: z.coerce
    .number()
    .positive()
    .optional()
    .describe('that shall be seen, in the unit of the metric; without it: what can be seen with the rows there are'),
  alpha: share.default(0.05).describe('chance of seeing a difference where there is none, two-sided'),
  power: share.default(0.8).describe('chance of seeing a difference of that size'),
});
export type PowerDemand = z.infer<typeof PowerDemand>;

/** What is assumed where there are no predictions yet. One of auc, share and deviation. */
export const PlannedRates = z.strictObject({
  auc: share.optional().describe('without a run: AUC of the better known model'),
  share: share.optional().describe('without a run: share of rows it gets right (accuracy, HR@K)'),
  deviation: z.coerce
    .number()
    .positive()
    .optional()
    .describe("without a run: standard deviation of a user's difference between the models"),
  liked: share.default(0.5).describe('with --auc: share of liked rows'),
  correlation: z.coerce
    .number()
    .min(-1)
    .lt(1)
    .default(0.5)
    .describe('with --auc or --share: between the two models on the same rows'),
  rowsPerUser: z.coerce.number().min(1).default(1).describe('rows that a user has'),
  similarity: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("with --auc or --share: correlation of one user's rows; 0: they are independent"),
  users: z.coerce.number().int().min(2).optional().describe('without a run: users that there are'),
});
export type PlannedRates = z.infer<typeof PlannedRates>;

/** How many rows and users a comparison takes. */
export interface PowerPlan {
  readonly split: string;
  readonly metric: string; // title
  readonly models: string; // what is compared
  readonly seen: number | null; // difference so far; null: there is none
  readonly error: number | null; // its standard error with the users there are
  readonly users: number | null; // that there are
  readonly rows: number | null;
  readonly visible: number | null; // smallest difference that is seen with them
  readonly usersNeeded: number | null; // for the difference asked for; null: none was, or no number is enough
  readonly rowsNeeded: number | null;
}

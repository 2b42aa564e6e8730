import { givesProbabilities, type ModelId } from '../../../core/report.js';
import type { RowKind, SeenRow } from '../../../core/report-rows.js';
import { figure, percent, thousands } from '../../numbers.js';

export const UNITS: Readonly<Record<RowKind, string>> = {
  judgement: 'P(liked).',
  choice: 'Rank of the target.',
  rating: 'Expected rating.',
  text: 'Nats a token.',
};

/** What the columns of the models hold. */
export const SAID: Readonly<Record<RowKind, string>> = {
  judgement:
    'Of each model the P(liked) it gave, of an ID model or a popularity its score; off by -ln P(what came true).',
  choice: 'Of each model the rank it gave the target; a half where it ties.',
  rating: 'Of each model the rating it expected; off by the distance from the given one.',
  text: "Of each model the nats a token of the row's own answer.",
};

/** Title of the column with what came true; null: the row's target, or its own text. */
export const CAME: Readonly<Record<RowKind, string | null>> = {
  judgement: 'came true',
  choice: null,
  rating: 'given',
  text: null,
};

/** What a model said of a row, as a reader takes it: P(liked), or the score of a model that gives none; a rank; a rating; nats a token. */
export function spoken(kind: RowKind, model: string, said: number | undefined): string {
  if (said === undefined) return '';
  if (kind === 'judgement' && !givesProbabilities(model as ModelId)) return figure(said);
  if (kind === 'judgement') return percent(1 / (1 + Math.exp(-said)));
  return kind === 'choice' ? rank(said) : figure(said);
}

/** Of a target; a half where it ties. */
export function rank(value: number): string {
  return Number.isInteger(value) ? thousands(value) : value.toFixed(1);
}

/** What came true, in a column of its own where there is one. */
export function cameCells(kind: RowKind, came: SeenRow['came']): string[] {
  if (CAME[kind] === null) return [];
  return [typeof came === 'boolean' ? (came ? 'liked' : 'not liked') : String(came)];
}

/** How far a model is off. */
export function offText(kind: RowKind, loss: number): string {
  return kind === 'choice' ? `rank ${rank(loss)}` : figure(loss);
}

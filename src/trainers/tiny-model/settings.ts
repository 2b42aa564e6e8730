/** A base model that is made here: its shape, its vocabulary and how it is pretrained. */
export interface TinyModelSettings {
  readonly seed: number; // draws weights and the order of the texts
  readonly vocabulary: number; // tokens, at most
  readonly blocks: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly epochs: number; // over the texts
  readonly batchSize: number; // texts a step
  readonly learningRate: number; // peak, then a cosine to 0
  readonly warmupSteps: number;
}

/**
 * Three blocks: with two, the adapter finds less to work with. Small batches and a high rate, because many steps on little text
 * teach more than few steps on the same; a vocabulary that holds each invented word as one token.
 */
export const TINY_MODEL: TinyModelSettings = {
  seed: 1,
  vocabulary: 1024,
  blocks: 3,
  width: 64,
  heads: 4,
  feedForward: 192,
  epochs: 1,
  batchSize: 8,
  learningRate: 0.004,
  warmupSteps: 20,
};

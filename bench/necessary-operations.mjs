// What a training step cannot do without, in floating-point operations (a product and its sum are two), whoever computes it:
//
//   - each distinct prefix of the rows once: the columns of their token trie, a row's last token left out, as nothing follows it;
//   - forward through every frozen matrix; in the last block keys and values for all columns, the rest for loss columns only;
//   - the output head on loss columns only, forward and backward;
//   - backward through the frozen matrices down to the lowest adapter, and in its block no further than it;
//   - attention over the pairs of tokens that see each other: two products forward, four backward;
//   - the adapter: A and B forward, their gradients, and the way back to the layer's input.
//
// Not counted: norms, activations, rope, the optimiser, and whatever a program does twice (padding, repeated prefixes, recomputing).
import { readGgufHeader } from '../dist/platform/gguf-header.js';

/** The sizes that count, from the header of a llama-like GGUF. */
export function modelSizes(path) {
  const { keys, tensors } = readGgufHeader(path, 'name the GGUF file of a base model');
  const key = (name) => keys.get(`${keys.get('general.architecture')}.${name}`);
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const headDim = key('attention.key_length') ?? key('embedding_length') / key('attention.head_count');
  return {
    blocks: key('block_count'),
    attentionWidth: headDim * key('attention.head_count'),
    shape: (block, layer) => shapes.get(`blk.${block}.${layer}.weight`),
    head: shapes.get('output.weight') ?? shapes.get('token_embd.weight'),
  };
}

/**
 * The token trie of some rows.
 *
 * rows     {tokens, answerStart}; loss on the answer
 * returns  columns: distinct prefixes; pairs: of a column and one that it sees, itself among them; loss: columns before a
 *          loss token; lossPairs: what these see
 */
export function trieOf(rows) {
  const root = new Map();
  const lossColumns = new Set();
  const size = { columns: 0, pairs: 0, loss: 0, lossPairs: 0 };
  for (const { tokens, answerStart } of rows) {
    let node = root;
    for (let i = 0; i + 1 < tokens.length; i++) {
      if (!node.has(tokens[i])) {
        node.set(tokens[i], new Map());
        size.columns += 1;
        size.pairs += i + 1;
      }
      node = node.get(tokens[i]);
      if (i + 1 < answerStart || lossColumns.has(node)) continue;
      lossColumns.add(node);
      size.loss += 1;
      size.lossPairs += i + 1;
    }
  }
  return size;
}

/** Operations of one step. targets: layers of every block that have an adapter of this rank; one of q, k and v among them */
export function necessaryOperations(sizes, trie, { rank, targets }) {
  const product = ([nIn, nOut]) => 2 * nIn * nOut;
  let operations = 2 * product(sizes.head) * trie.loss;
  for (let block = 0; block < sizes.blocks; block++) {
    const isLast = block === sizes.blocks - 1;
    for (const layer of LAYERS) {
      const [nIn, nOut] = sizes.shape(block, layer);
      const columns = isLast && layer !== 'attn_k' && layer !== 'attn_v' ? trie.loss : trie.columns;
      const endsHere = block === 0 && READ_BLOCK_INPUT.has(layer); // nobody asks for the gradient of this layer's input
      operations += product([nIn, nOut]) * columns * (endsHere ? 1 : 2);
      if (!targets.includes(layer)) continue;
      const [a, b] = [product([nIn, rank]), product([rank, nOut])];
      operations += columns * (3 * (a + b) - (endsHere ? a : 0));
    }
    operations += 6 * 2 * sizes.attentionWidth * (isLast ? trie.lossPairs : trie.pairs);
  }
  return operations;
}

const LAYERS = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
const READ_BLOCK_INPUT = new Set(['attn_q', 'attn_k', 'attn_v']);

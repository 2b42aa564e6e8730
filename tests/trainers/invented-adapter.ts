/** One key of a GGUF file: its name, the code of its type, its bytes. */
type Key = readonly [name: string, type: number, value: Buffer];

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const f32 = (value: number) => Buffer.from(Float32Array.of(value).buffer);
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

const AS_ADAPTER: readonly Key[] = [
  ['general.type', 8, text('adapter')],
  ['general.languages', 9, Buffer.concat([u32(8), u64(2), text('en'), text('de')])], // a list, which other programs write
];

/** The keys of an adapter with this alpha. */
export function loraKeys(alpha: number, type = 'lora'): Key[] {
  return [...AS_ADAPTER, ['adapter.type', 8, text(type)], ['adapter.lora.alpha', 6, f32(alpha)]];
}

/** The header of a LoRA adapter in GGUF, as native/ and llama.cpp write it; its tensors hold nothing. */
export function adapterGguf(
  shape: {
    rank?: number;
    alpha?: number;
    targets?: readonly string[];
    blocks?: readonly number[] | undefined;
    keys?: readonly Key[];
    note?: string;
  } = {},
): Buffer {
  const { rank = 4, alpha = 8, targets = ['attn_q', 'attn_v'], blocks = [0], note = '' } = shape;
  const keys: readonly Key[] = [...(shape.keys ?? loraKeys(alpha)), ['general.description', 8, text(note)]];
  const names = targets.flatMap((target) =>
    target === 'output' ? ['output.weight'] : blocks.map((block) => `blk.${block}.${target}.weight`),
  );
  const tensors = names.flatMap((name) => [
    [`${name}.lora_a`, 64, rank] as const,
    [`${name}.lora_b`, rank, 64] as const,
  ]);
  return Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(keys.length),
    ...keys.flatMap(([name, type, value]) => [text(name), u32(type), value]),
    ...tensors.flatMap(([name, columns, rows]) => [text(name), u32(2), u64(columns), u64(rows), u32(0), u64(0)]),
  ]);
}

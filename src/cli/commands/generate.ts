import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { jsonGrammar } from '../../core/json-grammar.js';
import { JsonSchema } from '../../core/json-schema.js';
import { parseAs } from '../../core/parse.js';
import { GenerateOptions } from '../../core/run-config.js';
import { PromptLine } from '../../core/text-prompt.js';
import { readJson, readText, writeSealed } from '../../platform/files.js';
import { jsonLines, toJsonLines } from '../../platform/json-lines.js';
import { checkOutputFiles } from '../../platform/output-place.js';
import { writeTexts } from '../../trainers/write-texts.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';

export default command({
  name: 'generate',
  summary: 'a text for each prompt of a file, by a local model; each is written once and kept in the studio',
  positionals: z.strictObject({ prompts: z.string().describe('JSON lines with id, prompt and, if wanted, system') }),
  options: z.strictObject({
    model: named('FILE', 'model that writes, a GGUF file'),
    adapter: named('FILE', 'adapter on it, a GGUF file').optional(),
    schema: named('FILE', 'JSON schema that each text is to fit').optional(),
    grammar: named('FILE', 'instead of a schema: GBNF grammar that each text is to fit').optional(),
    out: named('FILE', 'JSON lines with id, text, end; without it they go to stdout').optional(),
    ...GenerateOptions.shape,
  }),
  examples: [
    'rectune generate prompts.jsonl --model M.gguf --out texts.jsonl',
    'rectune generate prompts.jsonl --model M.gguf --schema schema.json --max-tokens 200',
  ],
  async run({ prompts: path }, { model, adapter, schema, grammar, out, ...options }, context) {
    const prompts = readPrompts(path);
    const constraint = grammarOf(schema, grammar);
    if (out !== undefined) checkOutputFiles([out]);
    const store = context.openStore('make');
    const request = { prompts, model, adapter, grammar: constraint, options };
    const texts = await context.stoppable((signal) => writeTexts(store, request, { ...executionOf(context), signal }));
    const lines = texts.map(({ text, end }, i) => ({ id: prompts[i]?.id, text, end }));
    const counts = {
      texts: texts.length,
      reused: texts.filter(({ reused }) => reused).length,
      cutShort: texts.filter(({ end }) => end === 'length').length,
    };
    if (out === undefined) {
      return { value: { ...counts, lines }, text: [...toJsonLines(lines)].join('').trimEnd() };
    }
    writeSealed(out, toJsonLines(lines));
    const words = `${out}: ${counts.texts} texts, ${counts.reused} from the store, ${counts.cutShort} cut short by --max-tokens`;
    return { value: { out, ...counts }, text: words };
  },
});

function readPrompts(path: string): PromptLine[] {
  const prompts = [...jsonLines(path)].map(({ line, value }) => parseAs(PromptLine, value, `${path}:${line}`, 'data'));
  if (prompts.length === 0) throw new RectuneError('data', 'the file has no prompts', path, 'write one prompt a line');
  const seen = new Set<number>();
  for (const { id } of prompts) {
    if (seen.has(id))
      throw new RectuneError('data', `the id ${id} stands twice`, path, 'give each prompt an id of its own');
    seen.add(id);
  }
  return prompts;
}

function grammarOf(schema: string | undefined, grammar: string | undefined): string | null {
  if (schema !== undefined && grammar !== undefined) {
    const fix = 'give one of the two';
    throw new RectuneError('usage', 'both --schema and --grammar are given', 'rectune generate', fix);
  }
  if (schema !== undefined) return jsonGrammar(parseAs(JsonSchema, readJson(schema), schema, 'data'));
  return grammar === undefined ? null : readText(grammar);
}

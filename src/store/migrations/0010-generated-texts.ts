/** Texts that a model wrote. The prompt stands there as it is, so that a text can be traced to what was asked. */
export const generatedTexts = `
create table generated_texts (
  key text primary key, -- hash of model, adapter, prompt and settings
  model_hash text not null,
  adapter_hash text,
  system text,
  prompt text not null,
  settings text not null, -- JSON: grammar, chat, maxTokens, temperature, topP, seed
  text text not null,
  tokens integer not null,
  finished integer not null, -- 0: cut short by maxTokens
  made_at text not null
) strict, without rowid;
`;

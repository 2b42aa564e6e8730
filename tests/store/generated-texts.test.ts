import { expect, it } from 'vitest';
import type { StoredText } from '../../src/store/generated-text-store.js';
import { NOW, temporaryStore } from './fixtures.js';

const text = (change: Partial<StoredText> = {}): StoredText => ({
  key: 'k',
  modelHash: 'm',
  adapterHash: null,
  system: null,
  prompt: 'p',
  settings: '{}',
  text: 'Likes “war” films.\n',
  tokens: 7,
  end: 'stop',
  ...change,
});

it('keeps a text under its key, and the first one stays', () => {
  const { store } = temporaryStore();
  expect(store.generatedTexts.find('k')).toBeUndefined();
  store.generatedTexts.save(text(), NOW);
  store.generatedTexts.save(text({ text: 'another' }), NOW);
  store.generatedTexts.save(text({ key: 'cut', adapterHash: 'a', system: 's', end: 'length' }), NOW);
  expect(store.generatedTexts.find('k')).toEqual({ text: 'Likes “war” films.\n', tokens: 7, end: 'stop' });
  expect(store.generatedTexts.find('cut')?.end).toBe('length');
  expect(store.generatedTexts.count()).toBe(2);
});

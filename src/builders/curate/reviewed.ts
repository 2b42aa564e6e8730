import type { FactsJudge, JudgeMaker } from './judge.js';

/** What a person said of rows, one by one. */
export const reviewed: JudgeMaker<'review', FactsJudge> = ({ file, only }, scene) => {
  const verdicts = scene.verdicts(file);
  return (row) => {
    const verdict = verdicts.of(row);
    if (verdict === 'drop') return 'the review says drop';
    return only && verdict !== 'keep' ? 'the review does not say keep' : undefined;
  };
};

import { guideSteps, isGuided } from '../panel/guide-steps';
import type { IProblem } from '../tokens';

const problems = (...codes: string[]) => codes.map(code => ({ code }) as IProblem);
const NEITHER = problems('no-parameters-cell', 'no-metrics-cell');

it.each([
  [false, NEITHER, ['enable', 'parameters', 'metrics']],
  [true, NEITHER, ['parameters', 'metrics']],
  [true, problems('no-metrics-cell'), ['metrics']],
  [false, problems('bad-tag'), []]
])('guideSteps: enabled %j, %j', (enabled, found, want) => {
  expect(guideSteps(enabled, found)).toEqual(want);
});

it('isGuided: other problems stay in the list of problems', () => {
  expect([...NEITHER, ...problems('bad-tag')].map(isGuided)).toEqual([true, true, false]);
});

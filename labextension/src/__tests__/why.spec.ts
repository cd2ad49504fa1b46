import type { TranslationBundle } from '@jupyterlab/translation';
import { firstFailure, whyEnded } from '../experiment/why';
import type { IShow } from '../tokens';

const trans = {
  __: (text: string, ...args: unknown[]) => text.replace(/%(\d)/g, (_, at) => String(args[at - 1]))
} as unknown as TranslationBundle;

const show = (change: Partial<IShow>) =>
  ({
    state: 'Failed',
    reason: 'ExperimentFailed',
    message: '',
    experiment: { spec: { maxFailedTrialCount: 3 } },
    trials: [],
    ...change
  }) as unknown as IShow;

it.each([
  [{}, 'More trials failed than Max Failed Trial Count, 3, allows.'],
  [{ message: 'the disk is full' }, 'the disk is full'],
  [{ reason: 'EngineFailed' }, 'EngineFailed'],
  [{ state: 'Succeeded', reason: 'ExperimentGoalReached' }, '']
])('whyEnded: %j', (change, want) => {
  expect(whyEnded(show(change), trans)).toBe(want);
});

it('firstFailure: one whose metrics were not to be had counts as one', () => {
  const trials = ['Succeeded', 'MetricsUnavailable', 'Failed'].map(state => ({ state }));
  expect(firstFailure(show({ trials: trials as never }))).toBe(trials[1]);
  expect(firstFailure(show({}))).toBeNull();
});

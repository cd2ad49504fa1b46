import type { TranslationBundle } from '@jupyterlab/translation';
import type { IShow, ITrial } from '../tokens';

/** Why an experiment is in its state, in words; '' when the state says it. */
export function whyEnded(show: IShow, trans: TranslationBundle): string {
  if (show.message || show.state === 'Succeeded') {
    return show.message;
  }
  if (show.reason !== 'ExperimentFailed') {
    return show.reason;
  }
  const allowed = show.experiment.spec.maxFailedTrialCount;
  return allowed === undefined
    ? trans.__('Too many trials failed.')
    : trans.__('More trials failed than Max Failed Trial Count, %1, allows.', allowed);
}

/** The first trial that failed; null when none did. */
export function firstFailure(show: IShow): ITrial | null {
  return show.trials.find(({ state }) => ['Failed', 'MetricsUnavailable'].includes(state)) ?? null;
}

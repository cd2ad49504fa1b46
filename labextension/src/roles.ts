import type { TranslationBundle } from '@jupyterlab/translation';
import type { Role } from './tags';

/** A role as users know it. */
export function roleLabel(role: Role | null, trans: TranslationBundle): string {
  switch (role) {
    case 'imports':
      return trans.__('Imports');
    case 'functions':
      return trans.__('Functions');
    case 'pipeline-parameters':
      return trans.__('Pipeline Parameters');
    case 'pipeline-metrics':
      return trans.__('Pipeline Metrics');
    case 'step':
      return trans.__('Pipeline Step');
    case 'skip':
      return trans.__('Skip Cell');
    default:
      return trans.__('No Role');
  }
}

/** What a role does, for its tooltip. */
export function roleHelp(role: Role | null, trans: TranslationBundle): string {
  switch (role) {
    case 'imports':
      return trans.__('Runs before every step: modules that the notebook imports');
    case 'functions':
      return trans.__('Runs before every step: functions and classes that steps use');
    case 'pipeline-parameters':
      return trans.__('Assigns the values that can be tuned');
    case 'pipeline-metrics':
      return trans.__('Prints the results that can be optimized');
    case 'step':
      return trans.__('A step of the pipeline');
    case 'skip':
      return trans.__('Never runs in a trial');
    default:
      return trans.__('Belongs to the group above, or is ordinary code');
  }
}

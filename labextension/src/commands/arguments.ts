import type { ReadonlyJSONObject, ReadonlyPartialJSONObject } from '@lumino/coreutils';

function object(properties: ReadonlyJSONObject): { args: ReadonlyJSONObject } {
  return { args: { type: 'object', properties } };
}

const experiment = {
  type: 'string',
  description: 'The name of the experiment; without it, the one in front'
};

/* What commands say of their arguments. */
export const NO_ARGS = object({});
export const EXPERIMENT_ARGS = object({ experiment });
export const TRIAL_ARGS = object({
  experiment,
  trial: {
    type: 'string',
    description: 'The name of the trial; without it, the best one'
  }
});
export const ROLE_ARGS = object({
  role: {
    type: 'string',
    enum: ['', 'imports', 'functions', 'pipeline-parameters', 'pipeline-metrics', 'step', 'skip'],
    description: 'The role of the active cell; empty: none'
  }
});

export function textArg(args: ReadonlyPartialJSONObject, name: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : '';
}

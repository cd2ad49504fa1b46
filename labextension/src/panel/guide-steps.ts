import type { IProblem } from '../tokens';

const CODES = { parameters: 'no-parameters-cell', metrics: 'no-metrics-cell' };

/** Problems that the guide's steps cure; a list of problems leaves them out. */
export function isGuided(problem: IProblem): boolean {
  return Object.values(CODES).includes(problem.code);
}

export type GuideStep = 'enable' | 'parameters' | 'metrics';

/** What is still to be done in a notebook whose cells lack a role that tuning needs; nothing when they have both. */
export function guideSteps(enabled: boolean, problems: IProblem[]): GuideStep[] {
  const roles = (['parameters', 'metrics'] as const).filter(role =>
    problems.some(problem => problem.code === CODES[role])
  );
  return roles.length > 0 && !enabled ? ['enable', ...roles] : roles;
}

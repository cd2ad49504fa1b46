import * as React from 'react';
import { useTrans } from '../components/trans';
import type { IProblem } from '../tokens';
import { guideSteps } from './guide-steps';

/** The next steps of a notebook that is new to tuning. */
export function Guide(props: { enabled: boolean; problems: IProblem[] }): JSX.Element | null {
  const trans = useTrans();
  const steps = guideSteps(props.enabled, props.problems);
  const texts = {
    enable: trans.__('Turn on Enable Katib: above each code cell appears a menu for its role.'),
    parameters: trans.__(
      'Give the cell that assigns the hyperparameters, as in learning_rate = 0.01, the role Pipeline Parameters.'
    ),
    metrics: trans.__(
      'Give the cell that prints the results, as in print(accuracy), the role Pipeline Metrics.'
    )
  };
  if (steps.length === 0) {
    return null;
  }
  return (
    <div className="jp-nbkatib-Guide">
      <h3>{trans.__('To tune this notebook')}</h3>
      <ol>
        {steps.map(step => (
          <li key={step}>{texts[step]}</li>
        ))}
      </ol>
    </div>
  );
}

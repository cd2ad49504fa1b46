import * as React from 'react';
import { ProblemText } from '../components/field';
import { Section } from '../components/section';
import { useTrans } from '../components/trans';
import type { JobModel } from '../models/job';
import { ParameterRow } from './parameter-row';
import { TagOffer } from './tag-offer';

export function SearchSpace(props: { model: JobModel }): JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const { validation } = model;
  const gridPoints = validation?.gridPoints;
  const searched = model.job.parameters.some(row => row.selected);
  const open = validation && searched && model.job.algorithm !== 'grid';
  const endless = open ? trans.__('any number of combinations') : '';
  const points = gridPoints ? trans.__('%1 combinations', gridPoints) : endless;
  return (
    <Section
      title={trans.__('Search Space Parameters')}
      aside={validation && <span className="jp-nbkatib-Section-aside">{points}</span>}
    >
      {model.problems
        .filter(problem => problem.path === 'spec.parameters')
        .map((problem, index) => (
          <ProblemText key={index} problem={problem} />
        ))}
      {model.job.parameters.length === 0 && (
        <p className="jp-nbkatib-Problem" data-severity="error">
          {trans.__(
            'No pipeline parameters found. Give a cell of the notebook the role Pipeline Parameters.'
          )}
        </p>
      )}
      <TagOffer model={model} role="pipeline-parameters" />
      <ul className="jp-nbkatib-Parameters">
        {model.job.parameters.map(row => (
          <ParameterRow key={row.name} model={model} row={row} />
        ))}
      </ul>
    </Section>
  );
}

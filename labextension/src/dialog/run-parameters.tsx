import * as React from 'react';
import { Section } from '../components/section';
import { SelectField } from '../components/select-field';
import { TextField } from '../components/text-field';
import { useTrans } from '../components/trans';
import type { JobModel } from '../models/job';
import { countProblem } from '../models/job';

export function RunParameters(props: { model: JobModel }): JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const { job } = model;
  const whole = trans.__('A whole number is expected');
  const engines = model.engines.map(({ name, summary }) => ({
    value: name,
    label: summary ? `${name}: ${summary}` : name
  }));
  if (!engines.some(engine => engine.value === job.engine)) {
    engines.push({
      value: job.engine,
      label: trans.__('%1 (not available)', job.engine)
    });
  }
  const labels = {
    parallelTrialCount: trans.__('Parallel Trial Count'),
    maxTrialCount: trans.__('Max Trial Count'),
    maxFailedTrialCount: trans.__('Max Failed Trial Count')
  };
  return (
    <Section title={trans.__('Run Parameters')}>
      <div className="jp-nbkatib-Columns">
        {(['parallelTrialCount', 'maxTrialCount', 'maxFailedTrialCount'] as const).map(key => (
          <TextField
            key={key}
            numeric
            label={labels[key]}
            value={job[key]}
            placeholder={key === 'maxTrialCount' ? trans.__('no maximum') : ''}
            problem={countProblem(job, key, whole) ?? model.problemAt(`spec.${key}`)}
            onChange={value => model.update({ [key]: value })}
          />
        ))}
      </div>
      {job.maxTrialCount.trim() === '' && (
        <p className="jp-nbkatib-Field-help">
          {trans.__(
            'Without a maximum, trials go on until the goal is reached or the space is exhausted.'
          )}
        </p>
      )}
      <SelectField
        label={trans.__('Engine')}
        value={job.engine}
        choices={engines}
        problem={model.problemAt('engine', 'metadata.nbkatib.engine')}
        onChange={engine => model.update({ engine })}
      />
    </Section>
  );
}

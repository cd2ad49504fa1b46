import * as React from 'react';
import { CheckField } from '../components/check-field';
import { ProblemText } from '../components/field';
import { Section } from '../components/section';
import { SelectField } from '../components/select-field';
import { TextField } from '../components/text-field';
import { useTrans } from '../components/trans';
import type { JobModel } from '../models/job';
import { TagOffer } from './tag-offer';

export function SearchObjective(props: { model: JobModel }): JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const { job, metrics } = model;
  const choices = metrics.map(({ name, variable }) => ({
    value: name,
    label: variable
  }));
  if (!metrics.some(metric => metric.name === job.metric)) {
    const label = job.metric ? trans.__('%1 (not in the notebook)', job.metric) : trans.__('None');
    choices.unshift({ value: job.metric, label });
  }
  const choose = (metric: string) => {
    const others = job.additional.filter(name => name !== metric);
    model.update({
      metric,
      additional: job.metric ? [...others, job.metric] : others
    });
  };
  const turn = (name: string, on: boolean) => {
    const wanted = on ? [...job.additional, name] : job.additional.filter(each => each !== name);
    const known = metrics.map(metric => metric.name).filter(each => wanted.includes(each));
    model.update({ additional: known });
  };
  const others = metrics.filter(metric => metric.name !== job.metric);
  return (
    <Section title={trans.__('Search Objective')}>
      {metrics.length === 0 && (
        <p className="jp-nbkatib-Problem" data-severity="error">
          {trans.__(
            'No pipeline metrics found. Give a cell that prints each result, as in print(accuracy), the role Pipeline Metrics.'
          )}
        </p>
      )}
      <TagOffer model={model} role="pipeline-metrics" />
      <div className="jp-nbkatib-Columns">
        <SelectField
          label={trans.__('Reference Metric')}
          value={job.metric}
          choices={choices}
          problem={model.problemAt('spec.objective.objectiveMetricName', 'spec.objective')}
          onChange={choose}
        />
        <SelectField
          label={trans.__('Type')}
          value={job.type}
          choices={[
            { value: 'maximize', label: trans.__('Maximize') },
            { value: 'minimize', label: trans.__('Minimize') }
          ]}
          problem={model.problemAt('spec.objective.type')}
          onChange={type =>
            model.update({
              type: type === 'minimize' ? 'minimize' : 'maximize'
            })
          }
        />
        <TextField
          label={trans.__('Goal')}
          numeric
          value={job.goal}
          placeholder={trans.__('none: use every trial')}
          problem={
            goalProblem(job.goal, trans.__('A number, or nothing')) ??
            model.problemAt('spec.objective.goal')
          }
          onChange={goal => model.update({ goal })}
        />
      </div>
      {others.length > 0 && (
        <fieldset className="jp-nbkatib-Checks">
          <legend>{trans.__('Additional Metrics')}</legend>
          {others.map(({ name, variable }) => (
            <CheckField
              key={name}
              label={variable}
              checked={job.additional.includes(name)}
              onChange={on => turn(name, on)}
            />
          ))}
          <ProblemText problem={model.problemAt('spec.objective.additionalMetricNames')} />
        </fieldset>
      )}
    </Section>
  );
}

function goalProblem(goal: string, text: string) {
  return Number.isFinite(Number(goal))
    ? null
    : {
        severity: 'error' as const,
        code: '',
        path: '',
        cell: -1,
        line: 0,
        column: 0,
        text
      };
}

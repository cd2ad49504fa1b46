import * as React from 'react';
import { Section } from '../components/section';
import { SelectField } from '../components/select-field';
import { useTrans } from '../components/trans';
import { foreignSettings } from '../metadata';
import type { JobModel } from '../models/job';
import type { IProblem } from '../tokens';
import { SettingField } from './setting-field';

const SETTINGS = 'spec.algorithm.algorithmSettings';

function settingProblem(model: JobModel, name: string, names: string[]): IProblem | null {
  const sent = model.job.settings.filter(setting => names.includes(setting.name));
  const index = sent.findIndex(setting => setting.name === name);
  const path = `${SETTINGS}[${index}]`;
  return index < 0
    ? null
    : model.problemAt(path, `${path}.value`, `${path}.name`, `${SETTINGS}.${name}`);
}

export function SearchAlgorithm(props: { model: JobModel }): JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const { job, algorithm } = model;
  const fitting = model.algorithms.filter(
    each => each.engines.includes(job.engine) || each.name === job.algorithm
  );
  const choices = fitting.map(each => ({
    value: each.name,
    label: each.title || each.name
  }));
  if (!algorithm) {
    choices.push({
      value: job.algorithm,
      label: trans.__('%1 (not available)', job.algorithm)
    });
  }
  const settings = algorithm?.settings ?? [];
  const names = settings.map(setting => setting.name);
  const foreign = foreignSettings(job, names);
  const resolved = model.validation?.resolvedAlgorithm;
  const help = [
    algorithm?.summary ?? '',
    job.algorithm === 'auto' && resolved && resolved !== 'auto'
      ? trans.__('For this search: %1.', resolved)
      : ''
  ];
  return (
    <Section title={trans.__('Search Algorithm')}>
      <SelectField
        label={trans.__('Algorithm')}
        value={job.algorithm}
        choices={choices}
        help={help.filter(text => text !== '').join('. ')}
        problem={model.problemAt('spec.algorithm.algorithmName', 'spec.algorithm')}
        onChange={name => model.update({ algorithm: name })}
      />
      <div className="jp-nbkatib-Columns">
        {settings.map(setting => (
          <SettingField
            key={setting.name}
            setting={setting}
            value={job.settings.find(each => each.name === setting.name)?.value ?? ''}
            problem={settingProblem(model, setting.name, names)}
            onChange={value => model.setSetting(setting.name, value)}
          />
        ))}
      </div>
      {foreign.length > 0 && (
        <p className="jp-nbkatib-Field-help">
          {trans.__(
            'Settings of another algorithm, kept in the notebook and not sent: %1.',
            foreign.map(setting => setting.name).join(', ')
          )}
        </p>
      )}
    </Section>
  );
}

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { DataTable } from '../components/data-table';
import type { IColumn } from '../components/data-table';
import { duration, shortNumber } from '../components/format';
import { StateBadge, stateLabel } from '../components/state-badge';
import { useTrans } from '../components/trans';
import type { ExperimentModel } from '../models/experiment';
import type { IObjective, IShow, ITrial } from '../tokens';

/** A metric as it is compared: its best for the objective, the last for the others. */
export function metricOf(trial: ITrial, name: string, objective: IObjective): string {
  const metric = trial.observation?.metrics?.find(each => each.name === name);
  if (!metric) {
    return '';
  }
  if (name !== objective.objectiveMetricName) {
    return metric.latest;
  }
  return objective.type === 'maximize' ? metric.max : metric.min;
}

function columnsOf(show: IShow, trans: TranslationBundle): IColumn<ITrial>[] {
  const { objective, parameters } = show.experiment.spec;
  const metrics = [objective.objectiveMetricName, ...(objective.additionalMetricNames ?? [])];
  const assigned = (trial: ITrial, name: string) =>
    trial.assignments.find(assignment => assignment.name === name)?.value ?? '';
  return [
    {
      id: 'index',
      label: '#',
      numeric: true,
      key: trial => trial.index + 1
    },
    {
      id: 'state',
      label: trans.__('Status'),
      key: trial => stateLabel(trial.state, trans),
      cell: trial => <StateBadge state={trial.state} />
    },
    ...metrics.map(name => ({
      id: `metric:${name}`,
      label: name,
      numeric: true,
      key: (trial: ITrial) => metricOf(trial, name, objective),
      cell: (trial: ITrial) => shortNumber(metricOf(trial, name, objective))
    })),
    ...parameters.map(({ name, parameterType }) => ({
      id: `parameter:${name}`,
      label: name,
      numeric: parameterType !== 'categorical',
      key: (trial: ITrial) => assigned(trial, name),
      cell: (trial: ITrial) => shortNumber(assigned(trial, name))
    })),
    {
      id: 'seconds',
      label: trans.__('Time'),
      numeric: true,
      key: trial => trial.seconds,
      cell: trial => (trial.completionTime ? duration(trial.seconds) : '')
    }
  ];
}

export function Trials(props: { model: ExperimentModel; show: IShow }): JSX.Element {
  const trans = useTrans();
  const { model, show } = props;
  return (
    <DataTable
      label={trans.__('Trials')}
      columns={columnsOf(show, trans)}
      rows={show.trials}
      rowKey={trial => trial.name}
      rowLabel={trial =>
        trans.__('Trial %1, %2', trial.index + 1, stateLabel(trial.state, trans)) +
        (trial.name === model.bestName ? `, ${trans.__('best')}` : '')
      }
      selected={model.trial}
      highlighted={model.bestName}
      onSelect={trial => model.select(trial)}
    />
  );
}

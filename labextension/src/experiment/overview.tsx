import * as React from 'react';
import { duration, shortNumber, shortTrial } from '../components/format';
import { ProgressBar } from '../components/progress-bar';
import { useTrans } from '../components/trans';
import type { ExperimentModel } from '../models/experiment';
import type { IShow, ITrial } from '../tokens';
import { firstFailure, whyEnded } from './why';
import { metricOf } from './trials';

/** The first trial that failed, and why: most often all fail of one thing. */
function Failure(props: { trial: ITrial; onSelect: (trial: string) => void }): JSX.Element {
  const trans = useTrans();
  const { trial } = props;
  return (
    <p className="jp-nbkatib-Problem" data-severity="error">
      <button type="button" className="jp-nbkatib-Link" onClick={() => props.onSelect(trial.name)}>
        {trans.__('Trial %1 failed', trial.index + 1)}
      </button>
      {': '}
      {trial.message || trial.reason}
    </p>
  );
}

function useProgressText(model: ExperimentModel): string {
  const trans = useTrans();
  const { done, total, failed, running, secondsLeft } = model.progress;
  const parts = [
    total === null
      ? trans._n('%1 trial succeeded', '%1 trials succeeded', done)
      : trans.__('%1 of %2 trials succeeded', done, total)
  ];
  if (running > 0) {
    parts.push(trans.__('%1 running', running));
  }
  if (failed > 0) {
    parts.push(trans.__('%1 failed', failed));
  }
  if (secondsLeft !== null) {
    parts.push(trans.__('about %1 left', duration(secondsLeft)));
  }
  return parts.join(' · ');
}

function Best(props: { show: IShow; onSelect: (trial: string) => void }): JSX.Element | null {
  const trans = useTrans();
  const { show } = props;
  const name = show.experiment.status?.currentOptimalTrial?.bestTrialName;
  const trial = show.trials.find(each => each.name === name);
  const { objective } = show.experiment.spec;
  if (!trial) {
    return <p className="jp-nbkatib-Field-help">{trans.__('There is no result yet.')}</p>;
  }
  return (
    <div className="jp-nbkatib-Best">
      <div className="jp-nbkatib-Best-value">
        <span>{trans.__('Best %1', objective.objectiveMetricName)}</span>
        <strong>{shortNumber(metricOf(trial, objective.objectiveMetricName, objective))}</strong>
        <button
          type="button"
          className="jp-nbkatib-Link"
          onClick={() => props.onSelect(trial.name)}
        >
          {trans.__('Trial %1 (%2)', trial.index + 1, shortTrial(trial.name, show.name))}
        </button>
      </div>
      <dl>
        {trial.assignments.map(({ name: parameter, value }) => (
          <div key={parameter}>
            <dt>{parameter}</dt>
            <dd title={value}>{shortNumber(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** How far it is, and what is best so far. */
export function Overview(props: {
  model: ExperimentModel;
  show: IShow;
  onSelect: (trial: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const { model, show } = props;
  const text = useProgressText(model);
  const { done, total } = model.progress;
  const why = whyEnded(show, trans);
  const failure = firstFailure(show);
  return (
    <div className="jp-nbkatib-Overview">
      <ProgressBar
        label={trans.__('Progress')}
        text={text}
        value={done}
        max={total}
        live={model.live}
      />
      <p className="jp-nbkatib-Overview-text" aria-live="polite">
        {text}
      </p>
      {why && (
        <p
          className="jp-nbkatib-Problem"
          data-severity={show.state === 'Failed' ? 'error' : 'note'}
        >
          {why}
        </p>
      )}
      {failure && <Failure trial={failure} onSelect={props.onSelect} />}
      {show.warnings.map(warning => (
        <p key={warning} className="jp-nbkatib-Problem" data-severity="warning">
          {warning}
        </p>
      ))}
      <Best show={show} onSelect={props.onSelect} />
    </div>
  );
}

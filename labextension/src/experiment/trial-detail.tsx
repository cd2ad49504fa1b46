import { notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Button } from '../components/button';
import { plainText, shortTrial } from '../components/format';
import { StateBadge } from '../components/state-badge';
import { Tabs } from '../components/tabs';
import { useTrans } from '../components/trans';
import { CommandIDs } from '../command-ids';
import type { ExperimentModel } from '../models/experiment';
import type { ITrial } from '../tokens';
import { Log } from './log';
import type { IViewServices } from './services';

function Pairs(props: { title: string; pairs: [string, string][] }): JSX.Element {
  return (
    <div className="jp-nbkatib-Pairs">
      <h3>{props.title}</h3>
      <dl>
        {props.pairs.map(([name, value]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </React.Fragment>
        ))}
      </dl>
    </div>
  );
}

function Values(props: { trial: ITrial }): JSX.Element {
  const trans = useTrans();
  const { trial } = props;
  const metrics = trial.observation?.metrics ?? [];
  return (
    <div className="jp-nbkatib-Columns">
      <Pairs
        title={trans.__('Parameters')}
        pairs={trial.assignments.map(({ name, value }) => [name, value])}
      />
      <Pairs
        title={trans.__('Metrics')}
        pairs={metrics.map(({ name, latest }) => [name, latest])}
      />
    </div>
  );
}

function Failure(props: { model: ExperimentModel; trial: ITrial }): JSX.Element {
  const trans = useTrans();
  const { trial, model } = props;
  const error = model.detail?.error ?? null;
  const cell = error?.cell ?? trial.cell;
  return (
    <div className="jp-nbkatib-Failure" role="alert">
      <p>
        {cell !== null && <strong>{trans.__('Cell %1: ', cell)}</strong>}
        {error ? `${error.ename}: ${error.evalue}` : trial.message}
      </p>
      {error && error.traceback.length > 0 && (
        <pre tabIndex={0} aria-label={trans.__('Traceback')}>
          {plainText(error.traceback.join('\n'))}
        </pre>
      )}
    </div>
  );
}

/** What there is to know of one trial. */
export function TrialDetail(props: {
  model: ExperimentModel;
  trial: ITrial;
  services: IViewServices;
}): JSX.Element {
  const trans = useTrans();
  const { model, trial, services } = props;
  const failed = trial.state === 'Failed' || trial.state === 'MetricsUnavailable';
  const [chosen, setTab] = React.useState('values');
  const tab = chosen === 'error' && !failed ? 'values' : chosen;
  const args = { experiment: model.name, trial: trial.name };
  return (
    <section className="jp-nbkatib-Trial" aria-label={trans.__('Trial %1', trial.name)}>
      <header>
        <h2>{shortTrial(trial.name, model.name)}</h2>
        <StateBadge state={trial.state} />
        <span className="jp-nbkatib-spring" />
        <Button
          icon={notebookIcon}
          label={trans.__('Open Executed Notebook')}
          disabled={trial.state === 'Pending' || trial.state === 'Running'}
          reason={
            trial.state === 'Running' ? trans.__('It is there when the trial has ended') : undefined
          }
          onClick={() => void services.commands.execute(CommandIDs.openNotebook, args)}
        />
        <Button
          label={trans.__('Apply These Values…')}
          onClick={() => void services.commands.execute(CommandIDs.apply, args)}
        />
      </header>
      {failed && <Failure model={model} trial={trial} />}
      {trial.warnings.map(warning => (
        <p key={warning} className="jp-nbkatib-Problem" data-severity="warning">
          {warning}
        </p>
      ))}
      <Tabs
        label={trans.__('Trial')}
        tabs={[
          { id: 'values', label: trans.__('Values') },
          { id: 'log', label: trans.__('Log') }
        ]}
        current={tab}
        onChange={setTab}
      >
        {tab === 'log' ? (
          <Log text={model.log} clipped={model.logClipped} />
        ) : (
          <Values trial={trial} />
        )}
      </Tabs>
    </section>
  );
}

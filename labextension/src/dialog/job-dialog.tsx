import { runIcon, saveIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { BackendLine } from '../components/backend-line';
import { Button } from '../components/button';
import { Modal } from '../components/modal';
import { ProblemList } from '../components/problem-list';
import { Tabs } from '../components/tabs';
import { useTrans } from '../components/trans';
import { useChanged } from '../components/use-signal';
import type { JobModel } from '../models/job';
import { isGuided } from '../panel/guide-steps';
import type { IBackend } from '../tokens';
import { Preview } from './preview';
import { RunParameters } from './run-parameters';
import { SearchAlgorithm } from './search-algorithm';
import { SearchObjective } from './search-objective';
import { SearchSpace } from './search-space';

export interface IJobDialogProps {
  model: JobModel;
  backend: IBackend;
  readOnly: boolean;
  /** The experiment that was started, or null. */
  onClose: (started: string | null) => void;
}

/** What is not as it seems: the stored job could not be read in full, or is no longer the one that was read. */
function Notices(props: { model: JobModel }): JSX.Element {
  const trans = useTrans();
  const { model } = props;
  return (
    <div role="alert" className="jp-nbkatib-Notices">
      {model.ignored.length > 0 && (
        <>
          <p>{trans.__('Of the stored job this could not be used. Save or Run replaces it:')}</p>
          <ProblemList problems={model.ignored} />
        </>
      )}
      {model.changedElsewhere && (
        <p>
          {trans.__(
            'The job of this notebook was changed elsewhere since this dialog was opened. Save or Run replaces what was set there.'
          )}{' '}
          <Button label={trans.__('Load It')} onClick={() => void model.reload()} />
        </p>
      )}
    </div>
  );
}

function Form(props: { model: JobModel }): JSX.Element {
  const { model } = props;
  // The sections themselves say that a role is missing.
  const unplaced = model.problems.filter(
    problem => !/^spec\.\w/.test(problem.path) && !isGuided(problem)
  );
  return (
    <div className="jp-nbkatib-Form">
      <ProblemList problems={unplaced} />
      <SearchSpace model={model} />
      <SearchAlgorithm model={model} />
      <SearchObjective model={model} />
      <RunParameters model={model} />
    </div>
  );
}

function Summary(props: { model: JobModel }): JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const errors = model.errorCount;
  const text =
    errors > 0
      ? trans._n('%1 error to correct', '%1 errors to correct', errors)
      : model.state === 'ready' && model.validation
        ? trans.__('Ready to run')
        : '';
  return (
    <span
      role="status"
      className="jp-nbkatib-Problem"
      data-severity={model.failure || errors > 0 ? 'error' : 'note'}
    >
      {model.failure || text}
    </span>
  );
}

export function JobDialog(props: IJobDialogProps): JSX.Element {
  const trans = useTrans();
  const { model, onClose } = props;
  const [tab, setTab] = React.useState('settings');
  useChanged(model.changed);
  const run = () =>
    model
      .run()
      .then(onClose)
      .catch(() => setTab('settings'));
  const save = () => {
    model.save();
    onClose(null);
  };
  const ready = model.state === 'ready';
  return (
    <Modal
      title={trans.__('Set Up Katib Job')}
      subtitle={model.document.path}
      onCancel={() => onClose(null)}
      footer={
        <>
          <Summary model={model} />
          <Button label={trans.__('Cancel')} onClick={() => onClose(null)} />
          <Button
            icon={saveIcon}
            label={trans.__('Save')}
            disabled={!ready || props.readOnly}
            reason={
              props.readOnly
                ? trans.__('The notebook is read-only')
                : trans.__(
                    'Keeps the settings in the notebook; save the notebook to write them to disk'
                  )
            }
            onClick={save}
          />
          <Button
            primary
            icon={runIcon}
            label={model.busy ? trans.__('Starting…') : trans.__('Run')}
            disabled={!ready || model.busy || model.errorCount > 0}
            onClick={() => void run()}
          />
        </>
      }
    >
      <BackendLine backend={props.backend} />
      <div className="jp-nbkatib-Dialog-body">
        {model.state === 'loading' && <p role="status">{trans.__('Reading the notebook…')}</p>}
        {model.state === 'failed' && <p role="alert">{model.failure}</p>}
        {ready && <Notices model={model} />}
        {ready && (
          <Tabs
            label={trans.__('Set Up Katib Job')}
            tabs={[
              { id: 'settings', label: trans.__('Settings') },
              { id: 'preview', label: trans.__('Preview') }
            ]}
            current={tab}
            onChange={setTab}
          >
            {tab === 'settings' ? <Form model={model} /> : <Preview model={model} />}
          </Tabs>
        )}
      </div>
    </Modal>
  );
}

import { addIcon } from '@jupyterlab/ui-components';
import type { PartialJSONValue } from '@lumino/coreutils';
import * as React from 'react';
import { Button } from '../components/button';
import { SelectField } from '../components/select-field';
import { SwitchField } from '../components/switch-field';
import { CommittedTextField } from '../components/text-field';
import { useTrans } from '../components/trans';
import {
  optionsOf,
  stored,
  takesSnapshots,
  volumesOf,
  withKale,
  withOption,
  withSnapshots
} from '../metadata';
import type { IVolume } from '../metadata';
import type { NotebookDocument } from '../models/document';
import type { IEnvironment, IOptions } from '../tokens';
import { VolumeFields } from './volume-fields';

interface IProps {
  document: NotebookDocument;
  environment: IEnvironment | null;
}

const NEW_VOLUME: IVolume = {
  type: 'new_pvc',
  name: '',
  mount_point: '',
  size: 1,
  size_type: 'Gi',
  annotations: [],
  snapshot: false
};

/** How trials run on this machine, and partly on a cluster too. */
function TrialFields({ document, environment }: IProps): JSX.Element {
  const trans = useTrans();
  const options = optionsOf(document.metadata);
  const set = (key: keyof IOptions, value: string | boolean) =>
    document.setMetadata(withOption(document.metadata, key, value));
  const kernels = (environment?.kernels ?? []).map(({ name, displayName }) => ({
    value: name,
    label: displayName || name
  }));
  if (options.kernel && !kernels.some(kernel => kernel.value === options.kernel)) {
    kernels.push({
      value: options.kernel,
      label: trans.__('%1 (not installed)', options.kernel)
    });
  }
  return (
    <>
      <SelectField
        label={trans.__('Kernel')}
        value={options.kernel ?? ''}
        choices={[{ value: '', label: trans.__('The notebook’s own') }, ...kernels]}
        onChange={value => set('kernel', value)}
      />
      <SwitchField
        label={trans.__('Debug')}
        help={trans.__('Keeps the folders that trials worked in, besides their logs')}
        checked={options.keep === true}
        onChange={on => set('keep', on)}
      />
      <SwitchField
        label={trans.__('A copy of the folder for each trial')}
        help={trans.__('Off: trials share the notebook’s folder')}
        checked={options.noIsolate !== true}
        onChange={on => set('noIsolate', !on)}
      />
      <SwitchField
        label={trans.__('Read metrics that steps print')}
        help={trans.__('As intermediate reports; else only the metrics cell counts')}
        checked={options.reports === true}
        onChange={on => set('reports', on)}
      />
      <div className="jp-nbkatib-Columns">
        {(['timeout', 'trialTimeout', 'cellTimeout'] as const).map(key => (
          <CommittedTextField
            key={key}
            label={
              {
                timeout: trans.__('Time limit'),
                trialTimeout: trans.__('… of a trial'),
                cellTimeout: trans.__('… of a cell')
              }[key]
            }
            value={options[key] ?? ''}
            placeholder={trans.__('none; 90s, 15m, 2h')}
            onChange={value => set(key, value.trim())}
          />
        ))}
        <CommittedTextField
          label={trans.__('Seed')}
          numeric
          value={options.seed ?? ''}
          placeholder={trans.__('drawn anew')}
          onChange={value => set('seed', value.trim())}
        />
      </div>
    </>
  );
}

function Volumes({ document }: IProps): JSX.Element {
  const trans = useTrans();
  const { kale } = stored(document.metadata);
  const volumes = volumesOf(document.metadata);
  const set = (key: string, value: PartialJSONValue | undefined) =>
    document.setMetadata(withKale(document.metadata, key, value));
  const own = kale.snapshot_volumes === true;
  const write = (next: IVolume[]) => set('volumes', next as unknown as PartialJSONValue);
  return (
    <>
      <SwitchField
        label={trans.__('Use this notebook’s volumes')}
        checked={own}
        onChange={on => set('snapshot_volumes', on)}
      />
      {!own && (
        <>
          <CommittedTextField
            label={trans.__('Storage class name')}
            value={String(kale.storage_class_name ?? '')}
            onChange={text => set('storage_class_name', text || undefined)}
          />
          <SelectField
            label={trans.__('Volume access mode')}
            value={String(kale.volume_access_mode ?? '')}
            choices={[
              { value: '', label: trans.__('Default') },
              { value: 'rom', label: 'ReadOnlyMany' },
              { value: 'rwo', label: 'ReadWriteOnce' },
              { value: 'rwm', label: 'ReadWriteMany' }
            ]}
            onChange={text => set('volume_access_mode', text || undefined)}
          />
        </>
      )}
      {volumes.length === 0 ? (
        <p className="jp-nbkatib-Field-help">{trans.__('No volumes mounts defined')}</p>
      ) : (
        <ul className="jp-nbkatib-Volumes">
          {volumes.map((volume, index) => (
            <VolumeFields
              key={index}
              volume={volume}
              onChange={next => write(volumes.map((each, at) => (at === index ? next : each)))}
              onRemove={() => write(volumes.filter((_, at) => at !== index))}
            />
          ))}
        </ul>
      )}
      <Button
        icon={addIcon}
        label={trans.__('Add Volume')}
        onClick={() => write([...volumes, NEW_VOLUME])}
      />
    </>
  );
}

/** A tag of steps_defaults, `limit:KEY:VALUE`, as a field. */
function Resources({ document }: IProps): JSX.Element {
  const trans = useTrans();
  const value = stored(document.metadata).kale.steps_defaults;
  const defaults = Array.isArray(value) ? value.map(String) : [];
  const limit = (key: string) =>
    defaults.find(tag => tag.startsWith(`limit:${key}:`))?.slice(`limit:${key}:`.length) ?? '';
  const set = (key: string, text: string) => {
    const others = defaults.filter(tag => !tag.startsWith(`limit:${key}:`));
    const next = text ? [...others, `limit:${key}:${text}`] : others;
    document.setMetadata(
      withKale(document.metadata, 'steps_defaults', next.length ? next : undefined)
    );
  };
  return (
    <div className="jp-nbkatib-Columns">
      <CommittedTextField
        label={trans.__('CPU limit')}
        value={limit('cpu')}
        placeholder={trans.__('none; 2, 500m')}
        onChange={text => set('cpu', text.trim())}
      />
      <CommittedTextField
        label={trans.__('Memory limit')}
        value={limit('memory')}
        placeholder={trans.__('none; 4Gi')}
        onChange={text => set('memory', text.trim())}
      />
    </div>
  );
}

function ClusterFields(props: IProps): JSX.Element {
  const trans = useTrans();
  const { document, environment } = props;
  const { kale } = stored(document.metadata);
  return (
    <>
      {!environment?.cluster && (
        <p className="jp-nbkatib-Note">
          {trans.__(
            'No cluster is connected: these are kept in the notebook and used when it runs on one.'
          )}
        </p>
      )}
      <CommittedTextField
        label={trans.__('Docker image')}
        value={String(kale.docker_image ?? '')}
        placeholder={environment?.cluster?.image ?? trans.__('the notebook server’s own')}
        onChange={text => document.setMetadata(withKale(document.metadata, 'docker_image', text))}
      />
      <Resources {...props} />
      <Volumes {...props} />
    </>
  );
}

export function AdvancedSettings(props: IProps): JSX.Element {
  const trans = useTrans();
  const { document } = props;
  return (
    <details className="jp-nbkatib-Panel-part">
      <summary>
        <h2>{trans.__('Advanced Settings')}</h2>
      </summary>
      <fieldset disabled={document.readOnly}>
        <legend>{trans.__('Trials')}</legend>
        <TrialFields {...props} />
        <SwitchField
          label={trans.__('Take snapshots during each step')}
          help={trans.__(
            'Of the volumes on a cluster; on this machine, a copy of the trial’s folder'
          )}
          checked={takesSnapshots(document.metadata)}
          onChange={on => document.setMetadata(withSnapshots(document.metadata, on))}
        />
      </fieldset>
      <fieldset disabled={document.readOnly}>
        <legend>{trans.__('Cluster')}</legend>
        <ClusterFields {...props} />
      </fieldset>
    </details>
  );
}

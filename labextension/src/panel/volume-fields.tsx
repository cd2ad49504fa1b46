import { closeIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { Button } from '../components/button';
import { SelectField } from '../components/select-field';
import { SwitchField } from '../components/switch-field';
import { CommittedTextField } from '../components/text-field';
import { useTrans } from '../components/trans';
import type { IVolume } from '../metadata';
import type { IProblem } from '../tokens';

const NAME = /^[.\-a-z0-9]+$/;
const ORIGIN = 'rok/origin';

/** `snap` is how Kale's panel calls a new volume that begins as a snapshot. */
function kindOf(volume: IVolume): string {
  return volume.type === 'new_pvc' && volume.annotations[0]?.key === ORIGIN ? 'snap' : volume.type;
}

function kinds(trans: TranslationBundle): { value: string; label: string }[] {
  return [
    { value: 'new_pvc', label: trans.__('Create Empty Volume') },
    { value: 'clone', label: trans.__('Clone Notebook Volume') },
    { value: 'snap', label: trans.__('Clone Existing Snapshot') },
    { value: 'pvc', label: trans.__('Use Existing Volume') },
    { value: 'pv', label: trans.__('Use Existing Persistent Volume') }
  ];
}

function ofKind(volume: IVolume, kind: string): IVolume {
  const annotations = volume.annotations.filter(({ key }) => key !== ORIGIN);
  if (kind === 'snap') {
    return {
      ...volume,
      type: 'new_pvc',
      annotations: [{ key: ORIGIN, value: '' }, ...annotations]
    };
  }
  return { ...volume, type: kind, annotations };
}

function problem(text: string): IProblem {
  return {
    severity: 'error',
    code: '',
    path: '',
    cell: -1,
    line: 0,
    column: 0,
    text
  };
}

function Annotations(props: { volume: IVolume; onChange: (volume: IVolume) => void }): JSX.Element {
  const trans = useTrans();
  const { volume, onChange } = props;
  const set = (index: number, change: { key?: string; value?: string }) =>
    onChange({
      ...volume,
      annotations: volume.annotations.map((each, at) =>
        at === index ? { ...each, ...change } : each
      )
    });
  return (
    <>
      {volume.annotations.map(({ key, value }, index) => (
        <div key={index} className="jp-nbkatib-Columns">
          <CommittedTextField
            label={trans.__('Key')}
            value={key}
            onChange={next => set(index, { key: next })}
          />
          <CommittedTextField
            label={trans.__('Value')}
            value={value}
            onChange={next => set(index, { value: next })}
          />
        </div>
      ))}
      <Button
        label={trans.__('Add Annotation')}
        onClick={() =>
          onChange({
            ...volume,
            annotations: [...volume.annotations, { key: '', value: '' }]
          })
        }
      />
    </>
  );
}

/** One volume, with the fields that its type has. */
export function VolumeFields(props: {
  volume: IVolume;
  onChange: (volume: IVolume) => void;
  onRemove: () => void;
}): JSX.Element {
  const trans = useTrans();
  const { volume, onChange } = props;
  const kind = kindOf(volume);
  const sized = kind !== 'pvc' && kind !== 'pv';
  const set = (change: Partial<IVolume>) => onChange({ ...volume, ...change });
  const size = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);
  const units = ['Gi', 'Mi', 'Ki', ''].map(value => ({
    value,
    label: value || trans.__('bytes')
  }));
  return (
    <li className="jp-nbkatib-Volume">
      <SelectField
        label={trans.__('Select Volume Type')}
        value={kind}
        choices={kinds(trans)}
        onChange={next => onChange(ofKind(volume, next))}
      />
      <CommittedTextField
        label={trans.__('Mount Point')}
        value={volume.mount_point}
        onChange={mount_point => set({ mount_point })}
      />
      <CommittedTextField
        label={trans.__('Name')}
        value={volume.name}
        problem={
          volume.name && !NAME.test(volume.name)
            ? problem(trans.__('Lower case letters, digits, - and . are expected'))
            : null
        }
        onChange={name => set({ name })}
      />
      {sized && (
        <div className="jp-nbkatib-Columns">
          <CommittedTextField
            numeric
            label={trans.__('Size')}
            value={String(volume.size ?? 1)}
            onChange={text => set({ size: size(text) })}
          />
          <SelectField
            label={trans.__('Unit')}
            value={volume.size_type ?? 'Gi'}
            choices={units}
            onChange={size_type => set({ size_type })}
          />
        </div>
      )}
      {kind === 'snap' && (
        <CommittedTextField
          label={trans.__('Snapshot URL')}
          value={volume.annotations[0]?.value ?? ''}
          onChange={value =>
            set({
              annotations: [{ key: ORIGIN, value }, ...volume.annotations.slice(1)]
            })
          }
        />
      )}
      {(kind === 'new_pvc' || kind === 'pv') && <Annotations volume={volume} onChange={onChange} />}
      <SwitchField
        label={trans.__('Snapshot Volume')}
        checked={volume.snapshot === true}
        onChange={snapshot => set({ snapshot })}
      />
      {volume.snapshot && (
        <CommittedTextField
          label={trans.__('Snapshot Name')}
          value={volume.snapshot_name ?? ''}
          onChange={snapshot_name => set({ snapshot_name })}
        />
      )}
      <Button
        icon={closeIcon}
        label={trans.__('Remove Volume %1', volume.name)}
        onClick={props.onRemove}
      />
    </li>
  );
}

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { Button } from '../components/button';
import { CheckField } from '../components/check-field';
import { Modal, openModal } from '../components/modal';
import { SelectField } from '../components/select-field';
import { TextField } from '../components/text-field';
import { useTrans } from '../components/trans';
import { GPU_KEYS, readTags, stepNameProblem, stepsAbove } from '../tags';
import type { ICell, IStepChange } from '../tags';
import type { IProblem } from '../tokens';

function useNameProblem(name: string): IProblem | null {
  const trans = useTrans();
  const kind = stepNameProblem(name);
  if (!kind) {
    return null;
  }
  const text =
    kind === 'empty'
      ? trans.__('A step needs a name')
      : trans.__('Lower case letters, digits and _ are expected, no digit first');
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

/** Limits of a resource are whole numbers or quantities. */
const COUNT = /^[1-9][0-9]*$/;

function StepDialog(props: {
  cells: ICell[];
  id: string;
  onClose: (change: IStepChange | null) => void;
}): JSX.Element {
  const trans = useTrans();
  const { cells, id, onClose } = props;
  const role = readTags(cells.find(cell => cell.id === id)?.tags ?? []);
  const limit = role.limits.find(({ key }) => GPU_KEYS.includes(key));
  const [name, setName] = React.useState(role.step);
  const [prev, setPrev] = React.useState(role.prev);
  const [gpu, setGpu] = React.useState(limit?.key ?? '');
  const [count, setCount] = React.useState(limit?.value ?? '1');
  const problem = useNameProblem(name);
  const above = stepsAbove(cells, id);
  const offered = [...above, ...role.prev.filter(step => !above.includes(step))];
  const countProblem: IProblem | null =
    gpu && !COUNT.test(count)
      ? {
          severity: 'error',
          code: '',
          path: '',
          cell: -1,
          line: 0,
          column: 0,
          text: trans.__('A whole number from 1 is expected')
        }
      : null;
  const done = () => {
    if (!problem && !countProblem) {
      onClose({
        step: name,
        prev,
        gpu: gpu ? { key: gpu, value: count } : null
      });
    }
  };
  return (
    <Modal
      small
      title={trans.__('Pipeline Step')}
      onCancel={() => onClose(null)}
      footer={
        <>
          <Button label={trans.__('Cancel')} onClick={() => onClose(null)} />
          <Button
            primary
            label={trans.__('OK')}
            disabled={!!problem || !!countProblem}
            onClick={done}
          />
        </>
      }
    >
      <div
        className="jp-nbkatib-Form"
        onKeyDown={event =>
          event.key === 'Enter' && event.target instanceof HTMLInputElement && done()
        }
      >
        <TextField
          label={trans.__('Step name')}
          value={name}
          problem={name === role.step && !name ? null : problem}
          help={trans.__('Cells below without a role belong to this step')}
          onChange={setName}
        />
        <fieldset className="jp-nbkatib-Checks">
          <legend>{trans.__('Depends on')}</legend>
          {offered.length === 0 && (
            <p className="jp-nbkatib-Field-help">{trans.__('There is no step above.')}</p>
          )}
          {offered.map(step => (
            <CheckField
              key={step}
              label={above.includes(step) ? step : trans.__('%1 (not above)', step)}
              checked={prev.includes(step)}
              onChange={on => setPrev(on ? [...prev, step] : prev.filter(each => each !== step))}
            />
          ))}
        </fieldset>
        <div className="jp-nbkatib-Columns">
          <SelectField
            label={trans.__('GPU')}
            value={gpu}
            choices={[
              { value: '', label: trans.__('None') },
              { value: 'nvidia.com/gpu', label: 'Nvidia' },
              { value: 'amd.com/gpu', label: 'AMD' }
            ]}
            onChange={setGpu}
          />
          {gpu && (
            <TextField
              numeric
              label={trans.__('GPU Count')}
              value={count}
              problem={countProblem}
              onChange={setCount}
            />
          )}
        </div>
      </div>
    </Modal>
  );
}

/** Asks for a step's name, what it depends on, and its GPU; null when it was cancelled. */
export function openStepDialog(
  cells: ICell[],
  id: string,
  trans: TranslationBundle
): Promise<IStepChange | null> {
  return openModal<IStepChange | null>(trans, close => (
    <StepDialog cells={cells} id={id} onClose={close} />
  ));
}

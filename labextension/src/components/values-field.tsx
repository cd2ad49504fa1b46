import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IProblem } from '../tokens';
import { ProblemText } from './field';
import { useTrans } from './trans';

/** A list of values: each with a button that removes it, and a field that adds one, also while the list is `disabled`. */
export function ValuesField(props: {
  label: string;
  values: string[];
  disabled?: boolean;
  problem?: IProblem | null;
  /** The values that the problems speak of, counted from 0. */
  wrong?: readonly number[];
  onChange: (values: string[]) => void;
}): JSX.Element {
  const trans = useTrans();
  const [draft, setDraft] = React.useState('');
  const input = React.useRef<HTMLInputElement>(null);
  const { values, onChange, label, disabled } = props;
  const add = () => {
    if (draft.trim() !== '') {
      onChange([...values, draft.trim()]);
      setDraft('');
    }
  };
  const remove = (index: number) => {
    onChange(values.filter((_, at) => at !== index));
    input.current?.focus();
  };
  return (
    <div role="group" aria-label={label} className="jp-nbkatib-Values">
      <ul>
        {values.map((value, index) => (
          <li key={`${index}:${value}`} data-wrong={props.wrong?.includes(index) || undefined}>
            <span>{value}</span>
            <button
              type="button"
              disabled={disabled}
              aria-label={trans.__('Remove %1', value)}
              title={trans.__('Remove %1', value)}
              onClick={() => remove(index)}
            >
              <closeIcon.react tag="span" width="12px" height="12px" />
            </button>
          </li>
        ))}
      </ul>
      <span className="jp-nbkatib-Values-add">
        <input
          ref={input}
          type="text"
          className="jp-nbkatib-Input"
          spellCheck={false}
          autoComplete="off"
          value={draft}
          placeholder={trans.__('New value')}
          aria-label={trans.__('New value of %1', label)}
          aria-invalid={props.problem?.severity === 'error' || undefined}
          onChange={event => setDraft(event.target.value)}
          onBlur={add}
          onKeyDown={event => {
            if (event.key === 'Enter') {
              event.preventDefault();
              add();
            }
          }}
        />
        <button type="button" className="jp-nbkatib-Button" onClick={add}>
          {trans.__('Add Value')}
        </button>
      </span>
      <ProblemText problem={props.problem} />
    </div>
  );
}

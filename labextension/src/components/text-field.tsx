import * as React from 'react';
import { Field } from './field';
import type { IFieldProps } from './field';

export interface ITextFieldProps extends IFieldProps {
  value: string;
  placeholder?: string;
  numeric?: boolean;
  onChange: (value: string) => void;
}

export function TextField(props: ITextFieldProps): JSX.Element {
  return (
    <Field {...props}>
      {control => (
        <input
          {...control}
          type="text"
          className="jp-nbkatib-Input"
          inputMode={props.numeric ? 'decimal' : undefined}
          data-numeric={props.numeric || undefined}
          spellCheck={false}
          autoComplete="off"
          value={props.value}
          placeholder={props.placeholder}
          disabled={props.disabled}
          onChange={event => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** Keeps what is typed to itself until the field is left or Enter is pressed. */
export function CommittedTextField(props: ITextFieldProps): JSX.Element {
  const { value, onChange } = props;
  const [draft, setDraft] = React.useState(value);
  React.useEffect(() => setDraft(value), [value]);
  const commit = () => {
    if (draft !== value) {
      onChange(draft);
    }
  };
  return (
    <div
      className="jp-nbkatib-contents"
      onBlur={commit}
      onKeyDown={event => event.key === 'Enter' && commit()}
    >
      <TextField {...props} value={draft} onChange={setDraft} />
    </div>
  );
}

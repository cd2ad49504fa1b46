import * as React from 'react';
import { Field } from './field';
import type { IFieldProps } from './field';

export interface IChoice {
  value: string;
  label: string;
}

export function SelectField(
  props: IFieldProps & {
    value: string;
    choices: IChoice[];
    onChange: (value: string) => void;
  }
): JSX.Element {
  return (
    <Field {...props}>
      {control => (
        <div className="jp-nbkatib-Select">
          <select
            {...control}
            value={props.value}
            disabled={props.disabled}
            onChange={event => props.onChange(event.target.value)}
          >
            {props.choices.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}

import * as React from 'react';

export interface ISwitchFieldProps {
  label: string;
  help?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function SwitchField(props: ISwitchFieldProps): JSX.Element {
  const id = React.useId();
  return (
    <div className="jp-nbkatib-SwitchField">
      <label htmlFor={id}>
        {props.label}
        {props.help && (
          <span id={`${id}-help`} className="jp-nbkatib-Field-help">
            {props.help}
          </span>
        )}
      </label>
      <button
        id={id}
        type="button"
        role="switch"
        className="jp-nbkatib-Switch"
        aria-checked={props.checked}
        aria-label={props.label}
        aria-describedby={props.help ? `${id}-help` : undefined}
        disabled={props.disabled}
        onClick={() => props.onChange(!props.checked)}
      />
    </div>
  );
}

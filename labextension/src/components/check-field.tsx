import * as React from 'react';

export function CheckField(props: {
  label: string;
  hideLabel?: boolean;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label className="jp-nbkatib-CheckField">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={event => props.onChange(event.target.checked)}
      />
      <span className={props.hideLabel ? 'jp-nbkatib-hidden' : undefined}>{props.label}</span>
    </label>
  );
}

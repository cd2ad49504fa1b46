import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

export interface IButtonProps {
  label: string;
  icon?: LabIcon;
  /** Shows the icon alone; the label is its name. */
  iconOnly?: boolean;
  primary?: boolean;
  danger?: boolean;
  disabled?: boolean;
  /** Why it is disabled, or what it does. */
  reason?: string;
  onClick: () => void;
}

export function Button(props: IButtonProps): JSX.Element {
  const id = React.useId();
  const { label, icon: Icon, iconOnly, reason, disabled } = props;
  const kind = props.primary ? 'primary' : props.danger ? 'danger' : undefined;
  return (
    <button
      type="button"
      className="jp-nbkatib-Button"
      data-kind={kind}
      data-icon-only={iconOnly || undefined}
      aria-label={iconOnly ? label : undefined}
      aria-describedby={reason ? id : undefined}
      aria-disabled={disabled || undefined}
      title={reason ?? (iconOnly ? label : undefined)}
      onClick={() => !disabled && props.onClick()}
    >
      {Icon && (
        <Icon.react tag="span" className="jp-nbkatib-Button-icon" width="16px" height="16px" />
      )}
      {!iconOnly && <span>{label}</span>}
      {reason && (
        <span id={id} hidden>
          {reason}
        </span>
      )}
    </button>
  );
}

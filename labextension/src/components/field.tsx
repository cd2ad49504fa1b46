import * as React from 'react';
import type { IProblem } from '../tokens';

export interface IFieldProps {
  label: string;
  help?: string;
  problem?: IProblem | null;
  /** The label is for screen readers only: a table's head shows it. */
  hideLabel?: boolean;
  disabled?: boolean;
}

export interface IControlProps {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: boolean;
}

/** A control with its label, its help, and what is wrong with it beside it. */
export function Field(
  props: IFieldProps & {
    children: (control: IControlProps) => React.ReactNode;
  }
): JSX.Element {
  const id = React.useId();
  const { label, help, problem, hideLabel } = props;
  const described = [help ? `${id}-help` : '', problem ? `${id}-problem` : ''].join(' ').trim();
  const control: IControlProps = { id };
  if (described) {
    control['aria-describedby'] = described;
  }
  if (problem?.severity === 'error') {
    control['aria-invalid'] = true;
  }
  return (
    <div className="jp-nbkatib-Field">
      <label htmlFor={id} className={hideLabel ? 'jp-nbkatib-hidden' : 'jp-nbkatib-Field-label'}>
        {label}
      </label>
      {props.children(control)}
      {help && (
        <div id={`${id}-help`} className="jp-nbkatib-Field-help">
          {help}
        </div>
      )}
      <ProblemText id={`${id}-problem`} problem={problem} />
    </div>
  );
}

export function ProblemText(props: { id?: string; problem?: IProblem | null }): JSX.Element {
  const { id, problem } = props;
  return (
    <div
      id={id}
      aria-live="polite"
      className="jp-nbkatib-Problem"
      data-severity={problem?.severity}
    >
      {problem?.text}
    </div>
  );
}

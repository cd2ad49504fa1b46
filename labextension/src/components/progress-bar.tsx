import * as React from 'react';

/** value of max; without a max it only tells that something goes on. */
export function ProgressBar(props: {
  label: string;
  text: string;
  value: number;
  max: number | null;
  live: boolean;
}): JSX.Element {
  const { value, max, live } = props;
  const part = max ? Math.min(1, value / max) : live ? 1 : 0;
  return (
    <div
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={max ?? undefined}
      aria-valuenow={max === null ? undefined : value}
      aria-valuetext={props.text}
      className="jp-nbkatib-Progress"
      data-live={live || undefined}
      data-open={max === null || undefined}
    >
      <div style={{ width: `${100 * part}%` }} />
    </div>
  );
}

import * as React from 'react';

export interface ITab {
  id: string;
  label: string;
}

/** Tabs as the ARIA practices describe them: arrows move, one of them is in the tab order. */
export function Tabs(props: {
  label: string;
  tabs: ITab[];
  current: string;
  onChange: (id: string) => void;
  children: React.ReactNode;
}): JSX.Element {
  const id = React.useId();
  const { tabs, current } = props;
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const at = tabs.findIndex(tab => tab.id === current);
      const next = tabs[(at + step + tabs.length) % tabs.length];
      props.onChange(next.id);
      document.getElementById(`${id}-${next.id}`)?.focus();
    }
  };
  return (
    <div className="jp-nbkatib-Tabs">
      <div role="tablist" aria-label={props.label} onKeyDown={move}>
        {tabs.map(tab => (
          <button
            key={tab.id}
            id={`${id}-${tab.id}`}
            type="button"
            role="tab"
            aria-selected={tab.id === current}
            aria-controls={`${id}-panel`}
            tabIndex={tab.id === current ? 0 : -1}
            onClick={() => props.onChange(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${current}`}
        className="jp-nbkatib-Tabs-panel"
        tabIndex={0}
      >
        {props.children}
      </div>
    </div>
  );
}

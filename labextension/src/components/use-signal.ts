import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** Renders the component again when the model says that it has changed. */
export function useChanged(signal: ISignal<unknown, unknown>): void {
  const [, render] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const slot = () => render();
    signal.connect(slot);
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}

import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import { TransContext } from './trans';

/** A dialog of the browser's own: it keeps the focus, closes on Escape, and gives the focus back. */
export function Modal(props: {
  title: string;
  subtitle?: string;
  small?: boolean;
  onCancel: () => void;
  footer: React.ReactNode;
  children: React.ReactNode;
}): JSX.Element {
  const dialog = React.useRef<HTMLDialogElement>(null);
  const title = React.useId();
  React.useEffect(() => {
    dialog.current?.showModal();
    // The first field; the title where there is none yet, so that Tab goes through what comes.
    dialog.current?.querySelector<HTMLElement>(props.small ? 'input' : 'h1')?.focus();
  }, [props.small]);
  return (
    <dialog
      ref={dialog}
      className="jp-nbkatib-Dialog"
      data-small={props.small || undefined}
      aria-labelledby={title}
      onCancel={event => {
        event.preventDefault();
        props.onCancel();
      }}
      onKeyDown={event => event.stopPropagation()}
    >
      <header>
        <h1 id={title} tabIndex={-1}>
          {props.title}
        </h1>
        <span className="jp-nbkatib-Dialog-path">{props.subtitle}</span>
      </header>
      {props.children}
      <footer>{props.footer}</footer>
    </dialog>
  );
}

/** Shows what `render` makes, until it calls `close` with the answer. */
export function openModal<T>(
  trans: TranslationBundle,
  render: (close: (answer: T) => void) => JSX.Element
): Promise<T> {
  const before = document.activeElement;
  return new Promise(resolve => {
    const close = (answer: T) => {
      if (widget.isDisposed) {
        return;
      }
      widget.dispose();
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
      resolve(answer);
    };
    const content = render(close);
    const widget = ReactWidget.create(
      <TransContext.Provider value={trans}>{content}</TransContext.Provider>
    );
    widget.addClass('jp-nbkatib');
    Widget.attach(widget, document.body);
  });
}

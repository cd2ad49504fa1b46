import * as React from 'react';
import { plainText } from '../components/format';
import { useTrans } from '../components/trans';

/** A log that stays at its end while it grows, unless the reader has scrolled up. */
export function Log(props: { text: string; clipped: boolean }): JSX.Element {
  const trans = useTrans();
  const pre = React.useRef<HTMLPreElement>(null);
  const follow = React.useRef(true);
  React.useLayoutEffect(() => {
    if (pre.current && follow.current) {
      pre.current.scrollTop = pre.current.scrollHeight;
    }
  }, [props.text]);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = pre.current as HTMLPreElement;
    follow.current = scrollHeight - scrollTop - clientHeight < 8;
  };
  return (
    <pre
      ref={pre}
      className="jp-nbkatib-Log"
      tabIndex={0}
      aria-label={trans.__('Log')}
      onScroll={onScroll}
    >
      {props.clipped && `${trans.__('(the beginning is left out here)')}\n`}
      {plainText(props.text) || trans.__('Nothing has been logged.')}
    </pre>
  );
}

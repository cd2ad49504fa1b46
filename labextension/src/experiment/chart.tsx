import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { JSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import type { IChart } from '../tokens';

const MIME = 'application/vnd.vegalite.v5+json';

function color(name: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

/** The chart in the theme's colours, under our heading, as wide as its place when it has one view. */
function themed(spec: JSONObject): JSONObject {
  const text = color('--jp-ui-font-color1');
  const line = color('--jp-border-color1');
  const font = color('--jp-ui-font-family');
  const axis = {
    labelColor: text,
    titleColor: text,
    domainColor: line,
    tickColor: line,
    gridColor: line
  };
  const legend = { labelColor: text, titleColor: text };
  const own = (spec.config ?? {}) as JSONObject;
  const config = {
    font,
    axis: { ...axis, gridOpacity: 0.5 },
    legend,
    title: { color: text },
    text: { color: text },
    header: { labelColor: text, titleColor: text },
    view: { stroke: line },
    ...own
  };
  const rest = { ...spec };
  delete rest.title;
  const parts = ['hconcat', 'vconcat', 'concat', 'repeat', 'facet'].some(key => key in spec);
  const fitted = parts
    ? {}
    : { width: 'container', autosize: { type: 'fit', contains: 'padding' } };
  return { ...rest, ...fitted, background: 'transparent', config } as JSONObject;
}

/** A Vega-Lite chart, drawn by whatever JupyterLab draws it with. */
export function Chart(props: {
  chart: IChart;
  rendermime: IRenderMimeRegistry;
  theme: number;
}): JSX.Element {
  const { chart, rendermime, theme } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const drawn = React.useRef('');
  const current = React.useRef<Widget | null>(null);
  // Before the elements are gone: a widget is detached from a page, not from nothing.
  React.useLayoutEffect(() => () => current.current?.dispose(), []);
  React.useEffect(() => {
    const text = `${theme}${JSON.stringify(chart.spec)}`;
    if (!host.current || drawn.current === text) {
      return;
    }
    drawn.current = text;
    const renderer = rendermime.createRenderer(MIME);
    const model = rendermime.createModel({
      data: { [MIME]: themed(chart.spec) },
      metadata: {
        [MIME]: { embed_options: { actions: false, renderer: 'canvas' } }
      },
      trusted: false
    });
    // A chart as wide as its container measures it: it is attached before it is drawn, and the old one leaves when it is.
    const before = current.current;
    current.current = renderer;
    Widget.attach(renderer, host.current);
    void renderer.renderModel(model).then(() => before?.isAttached && before.dispose());
  }, [chart.spec, rendermime, theme]);
  return (
    <figure className="jp-nbkatib-Chart" tabIndex={0}>
      <figcaption>{chart.title}</figcaption>
      <div ref={host} role="img" aria-label={chart.title} />
    </figure>
  );
}

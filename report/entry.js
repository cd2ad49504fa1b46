// Draws the charts of the page: the documents in #charts, each into the .chart that bears its name.
// Nothing is fetched (the loader refuses), nothing is compiled (expressions are interpreted).
import { Error as LogErrors, View, parse } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile } from 'vega-lite';

// Colours come from the page: what is drawn in currentColor follows its theme, on the screen and on paper.
const ink = 'currentColor';
const config = {
  background: null,
  font: 'system-ui, sans-serif',
  axis: {
    labelColor: ink, titleColor: ink, domainColor: ink, tickColor: ink, gridColor: ink,
    domainOpacity: 0.4, tickOpacity: 0.4, gridOpacity: 0.12, labelFontSize: 11, titleFontSize: 12,
    titleFontWeight: 600, labelLimit: 160, titleLimit: 260,
  },
  legend: { labelColor: ink, titleColor: ink, labelFontSize: 11, titleFontSize: 12, titleLimit: 200 },
  title: { color: ink, subtitleColor: ink, subtitleFontSize: 11, fontSize: 13 },
  text: { fill: ink },
  view: { stroke: ink, strokeOpacity: 0.15 },
};

const loader = {
  load: () => Promise.reject(new Error('a report loads nothing')),
  sanitize: () => Promise.reject(new Error('a report follows no links')),
};

function row(key, value) {
  const line = document.createElement('tr');
  const head = document.createElement('th');
  head.textContent = key;
  line.append(head, Object.assign(document.createElement('td'), { textContent: String(value) }));
  return line;
}

// One tooltip for all charts; what it shows is text, never markup.
function tooltip(box, event, value) {
  const wanted = value !== null && value !== undefined && value !== '';
  box.hidden = !wanted;
  if (!wanted) return;
  box.replaceChildren(...(typeof value === 'object' ? Object.entries(value).map(([k, v]) => row(k, v)) : [row('', value)]));
  const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - box.offsetWidth - 8);
  const top = Math.min(event.clientY + 14, document.documentElement.clientHeight - box.offsetHeight - 8);
  box.style.left = `${Math.max(0, left)}px`;
  box.style.top = `${Math.max(0, top)}px`;
}

// A chart of one view takes the width of the page, but for its legend and labels.
function fitted(spec, place) {
  const room = Math.min(940, place.clientWidth - 230);
  return typeof spec.width === 'number' && room > spec.width ? { ...spec, width: room } : spec;
}

async function draw(chart, place, box) {
  const vega = compile(fitted(chart.spec, place), { config }).spec;
  const view = new View(parse(vega, undefined, { ast: true }), {
    container: place,
    renderer: 'svg',
    hover: false,
    loader,
    logLevel: LogErrors,
    expr: expressionInterpreter,
  });
  view.tooltip((_handler, event, _item, value) => tooltip(box, event, value));
  await view.runAsync();
  // What would be too small to read is scrolled instead of shrunk.
  const width = Number(place.querySelector('svg').getAttribute('width'));
  place.classList.toggle('wide', width > 1.35 * place.clientWidth);
  place.dataset.drawn = 'true';
}

async function main() {
  const box = document.createElement('table');
  box.id = 'tooltip';
  box.hidden = true;
  document.body.append(box);
  for (const chart of JSON.parse(document.getElementById('charts').textContent)) {
    const place = document.getElementById(`chart-${chart.name}`);
    try {
      await draw(chart, place, box);
    } catch (error) {
      place.textContent = `This chart could not be drawn: ${error.message}`;
    }
  }
  document.documentElement.dataset.charts = 'done';
}

main();

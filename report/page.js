// Tables sort by a click, or by Enter and Space, on a heading: up, down, and up again. Numbers as numbers, others as
// text, cells without a value last.
'use strict';

function keyOf(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.sort ?? cell.textContent.trim();
  const number = Number(text);
  return text === '' || text === '-' ? null : Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

function sort(table, head) {
  const down = head.getAttribute('aria-sort') === 'ascending';
  const body = table.tBodies[0];
  const keyed = Array.from(body.rows, (row) => ({ row, key: keyOf(row, head.cellIndex) }));
  keyed.sort((a, b) => {
    const order = compare(a.key, b.key);
    return down && a.key !== null && b.key !== null ? -order : order;
  });
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  body.append(...keyed.map((entry) => entry.row));
}

for (const table of document.querySelectorAll('table.sortable')) {
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sort(table, head));
    head.append(button);
  }
}

// A link to a trial opens what is folded around it.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let node = target; node; node = node.parentElement) {
    if (node.tagName === 'DETAILS') node.open = true;
  }
  target?.scrollIntoView();
}
addEventListener('hashchange', reveal);
if (location.hash) reveal();

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = 'Copied';
  });
}

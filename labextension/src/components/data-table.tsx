import * as React from 'react';
import { useTrans } from './trans';

export interface IColumn<T> {
  id: string;
  label: string;
  numeric?: boolean;
  /** What rows are sorted by; a text that reads as a number sorts as one. */
  key: (row: T) => string | number | null;
  cell?: (row: T) => React.ReactNode;
}

interface ISort {
  column: string;
  descending: boolean;
}

function rank(key: string | number | null): string | number | null {
  const number = typeof key === 'string' && key.trim() !== '' ? Number(key) : NaN;
  return Number.isNaN(number) ? key : number;
}

function compare(left: string | number | null, right: string | number | null): number {
  if (typeof left === 'number' && typeof right === 'number') {
    return left - right;
  }
  return String(left).localeCompare(String(right));
}

/** What has no value comes last, whichever way the rest is sorted. */
export function sorted<T>(rows: T[], column: IColumn<T> | undefined, descending: boolean): T[] {
  if (!column) {
    return rows;
  }
  const keyed = rows.map(row => ({ row, key: rank(column.key(row)) }));
  const empty = (key: string | number | null) => key === null || key === '';
  keyed.sort((left, right) => {
    if (empty(left.key) || empty(right.key)) {
      return Number(empty(left.key)) - Number(empty(right.key));
    }
    return (descending ? -1 : 1) * compare(left.key, right.key);
  });
  return keyed.map(({ row }) => row);
}

/** A table that sorts by a click on a head, and whose rows can be chosen with the arrows. */
export function DataTable<T>(props: {
  label: string;
  columns: IColumn<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  rowLabel: (row: T) => string;
  selected: string | null;
  highlighted?: string;
  onSelect: (key: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const [sort, setSort] = React.useState<ISort>({
    column: '',
    descending: false
  });
  const body = React.useRef<HTMLTableSectionElement>(null);
  const column = props.columns.find(each => each.id === sort.column);
  const rows = sorted(props.rows, column, sort.descending);
  const keys = rows.map(props.rowKey);
  const tabbed = props.selected && keys.includes(props.selected) ? props.selected : keys[0];
  const order = (id: string) =>
    sort.column !== id ? 'none' : sort.descending ? 'descending' : 'ascending';
  const turn = (id: string) =>
    setSort({
      column: id,
      descending: sort.column === id && !sort.descending
    });
  const move = (event: React.KeyboardEvent, key: string) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    const next = step ? keys[keys.indexOf(key) + step] : undefined;
    if (next !== undefined) {
      event.preventDefault();
      props.onSelect(next);
      const row = body.current?.rows[keys.indexOf(next)];
      row?.querySelector<HTMLElement>('button')?.focus();
    }
  };
  return (
    <div className="jp-nbkatib-Table" tabIndex={0} role="region" aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.columns.map(({ id, label, numeric }) => (
              <th key={id} scope="col" aria-sort={order(id)} data-numeric={numeric || undefined}>
                <button
                  type="button"
                  onClick={() => turn(id)}
                  title={trans.__('Sort by %1', label)}
                >
                  {label}
                  <span aria-hidden="true">
                    {
                      {
                        none: '',
                        ascending: ' ▲',
                        descending: ' ▼'
                      }[order(id)]
                    }
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map(row => {
            const key = props.rowKey(row);
            return (
              <tr
                key={key}
                aria-selected={key === props.selected}
                data-highlighted={key === props.highlighted || undefined}
                onClick={() => props.onSelect(key)}
              >
                {props.columns.map(({ id, numeric, cell, key: value }, index) => (
                  <td key={id} data-numeric={numeric || undefined}>
                    {index === 0 ? (
                      <button
                        type="button"
                        tabIndex={key === tabbed ? 0 : -1}
                        aria-label={props.rowLabel(row)}
                        onKeyDown={event => move(event, key)}
                      >
                        {cell ? cell(row) : value(row)}
                      </button>
                    ) : cell ? (
                      cell(row)
                    ) : (
                      value(row)
                    )}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

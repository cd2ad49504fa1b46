import * as React from 'react';
import type { IProblem } from '../tokens';
import { useTrans } from './trans';

function place(problem: IProblem, cells: string, path: string): string {
  if (problem.cell < 0) {
    return path;
  }
  return problem.line > 0 ? `${cells}:${problem.line}` : cells;
}

/** Every problem with its place; one that is in a cell leads there. */
export function ProblemList(props: {
  problems: IProblem[];
  onCell?: (cell: number, line: number) => void;
}): JSX.Element {
  const trans = useTrans();
  const names = {
    error: trans.__('Error'),
    warning: trans.__('Warning'),
    note: trans.__('Note')
  };
  return (
    <ul className="jp-nbkatib-Problems">
      {props.problems.map((problem, index) => {
        const where = place(problem, trans.__('Cell %1', problem.cell), problem.path);
        return (
          <li key={index} data-severity={problem.severity}>
            <strong>{names[problem.severity]}</strong>
            {where && ' · '}
            {problem.cell >= 0 && props.onCell ? (
              <button
                type="button"
                className="jp-nbkatib-Link"
                onClick={() => props.onCell?.(problem.cell, problem.line)}
              >
                {where}
              </button>
            ) : (
              <span className="jp-nbkatib-Problems-place">{where}</span>
            )}
            <div>{problem.text}</div>
          </li>
        );
      })}
    </ul>
  );
}

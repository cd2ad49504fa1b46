import * as React from 'react';
import { SelectField } from '../components/select-field';
import { TextField } from '../components/text-field';
import { useTrans } from '../components/trans';
import { ValuesField } from '../components/values-field';
import type { IParameterRow } from '../metadata';
import type { JobModel } from '../models/job';
import type { IFeasibleSpace, IProblem, IRange, ParameterType } from '../tokens';

export function isList(range: IRange): boolean {
  return range.parameterType === 'categorical' || range.parameterType === 'discrete';
}

function rangeType(row: IParameterRow): ParameterType {
  return row.type === 'int' ? 'int' : 'double';
}

/** A list that begins with what the notebook has now. */
function asList(row: IParameterRow): IFeasibleSpace {
  return { list: [row.value] };
}

/** A range over the numbers of a list, or around the notebook's value. */
function asRange(row: IParameterRow): IFeasibleSpace {
  const numbers = (row.range?.feasibleSpace.list ?? []).map(Number).filter(Number.isFinite);
  const all = numbers.length > 0 ? numbers : [Number(row.value) || 0];
  return { min: String(Math.min(...all)), max: String(Math.max(...all)) };
}

/** Range with its numbers, or List with its values. */
export function SpaceField(props: { model: JobModel; row: IParameterRow }): JSX.Element | null {
  const trans = useTrans();
  const { model, row } = props;
  const { range } = row;
  if (!range) {
    return null;
  }
  const disabled = !row.selected;
  const space = range.feasibleSpace;
  const problems = model.problemsOfRow(row.name);
  const at = (member: string): IProblem | null =>
    problems.find(each => each.member === member)?.problem ?? null;
  const set = (change: IFeasibleSpace) => model.updateSpace(row, { ...space, ...change });
  const turn = (kind: string) => {
    const derived = model.derivedRow(row.name)?.range;
    if (derived && isList(derived) === (kind === 'list')) {
      model.updateSpace(row, derived.feasibleSpace, derived.parameterType);
    } else if (kind === 'list') {
      model.updateSpace(row, asList(row), row.type === 'str' ? 'categorical' : 'discrete');
    } else {
      model.updateSpace(row, asRange(row), rangeType(row));
    }
  };
  const numeric = row.type === 'int' || row.type === 'float' || !isList(range);
  const kinds = [
    ...(numeric ? [{ value: 'range', label: trans.__('Range') }] : []),
    { value: 'list', label: trans.__('List') }
  ];
  return (
    <div className="jp-nbkatib-Space" role="group" aria-label={trans.__('Space of %1', row.name)}>
      <SelectField
        label={trans.__('Space')}
        disabled={disabled}
        value={isList(range) ? 'list' : 'range'}
        choices={kinds}
        onChange={turn}
      />
      {isList(range) ? (
        <ValuesField
          label={row.name}
          values={space.list ?? []}
          disabled={disabled}
          problem={at('list') ?? at('')}
          wrong={problems.filter(each => each.member === 'list').map(each => each.item)}
          onChange={list => set({ list })}
        />
      ) : (
        <>
          {(['min', 'max', 'step'] as const).map(member => (
            <TextField
              key={member}
              numeric
              label={
                {
                  min: trans.__('Min'),
                  max: trans.__('Max'),
                  step: trans.__('Step')
                }[member]
              }
              disabled={disabled}
              value={space[member] ?? ''}
              problem={at(member)}
              onChange={value => set({ [member]: value })}
            />
          ))}
          <SelectField
            label={trans.__('Scale')}
            disabled={disabled}
            value={space.distribution === 'logUniform' ? 'logUniform' : 'uniform'}
            choices={[
              { value: 'uniform', label: trans.__('Linear') },
              { value: 'logUniform', label: trans.__('Log') }
            ]}
            problem={at('distribution') ?? at('')}
            onChange={distribution => set({ distribution })}
          />
        </>
      )}
    </div>
  );
}

import * as tags from '../tags';
import { NAMES, present, read } from './notebooks';

const cell = (id: string, ...list: string[]) => ({
  id,
  type: 'code',
  tags: list
});

describe('readTags', () => {
  it.each([
    [[], null, '', []],
    [['skip', 'imports'], 'skip', '', []],
    [['hide-input', 'pipeline-metrics'], 'pipeline-metrics', '', []],
    [['block:train', 'prev:load', 'prev:split'], 'step', 'train', ['load', 'split']],
    [['step:', 'prev:a'], null, '', ['a']],
    [['parameters'], null, '', []],
    [['step:Upper'], null, '', []]
  ])('%j', (list, role, step, prev) => {
    expect(tags.readTags(list)).toMatchObject({ role, step, prev });
  });

  it('limits', () => {
    expect(tags.readTags(['step:a', 'limit:nvidia.com/gpu:2', 'limit:A:1']).limits).toEqual([
      { key: 'nvidia.com/gpu', value: '2' }
    ]);
  });
});

describe('withRole', () => {
  it.each([
    [['hide', 'imports', 'remove_cell'], 'functions', ['hide', 'functions', 'remove_cell']],
    [['mine'], 'skip', ['skip', 'mine']],
    [['step:a', 'x', 'prev:b', 'limit:cpu:1', 'label:a:b'], 'imports', ['imports', 'x']],
    [['block:a', 'prev:b'], null, []],
    [['x', 'block:a', 'imports'], 'skip', ['x', 'skip']]
  ])('%j to %s', (list, role, want) => {
    expect(tags.withRole(list, role as tags.Role | null)).toEqual(want);
  });

  it('a step keeps what is its own', () => {
    expect(tags.withRole(['x', 'block:a', 'prev:b', 'limit:cpu:1'], 'step', 'c')).toEqual([
      'x',
      'step:c',
      'prev:b',
      'limit:cpu:1'
    ]);
  });
});

describe('editStep', () => {
  const cells = [
    cell('1', 'step:load'),
    cell('2', 'x', 'step:train', 'prev:load'),
    cell('3', 'step:eval', 'prev:load', 'prev:train', 'y')
  ];

  it('takes the dependants along', () => {
    const edits = tags.editStep(cells, '1', {
      step: 'read',
      prev: [],
      gpu: null
    });
    expect([...edits]).toEqual([
      ['2', ['x', 'step:train', 'prev:read']],
      ['3', ['step:eval', 'prev:read', 'prev:train', 'y']],
      ['1', ['step:read']]
    ]);
  });

  it('leaves them while another cell has the name', () => {
    const twice = [...cells, cell('4', 'step:load')];
    expect([...tags.editStep(twice, '1', { step: 'read', prev: [], gpu: null }).keys()]).toEqual([
      '1'
    ]);
  });

  it('sets, replaces and removes a GPU', () => {
    const set = tags.editStep(cells, '2', {
      step: 'train',
      prev: ['load'],
      gpu: { key: 'nvidia.com/gpu', value: '1' }
    });
    expect(set.get('2')).toEqual(['x', 'step:train', 'prev:load', 'limit:nvidia.com/gpu:1']);
    const other = [cell('2', ...(set.get('2') as string[]), 'limit:cpu:2')];
    const swapped = tags.editStep(other, '2', {
      step: 'train',
      prev: ['load'],
      gpu: { key: 'amd.com/gpu', value: '3' }
    });
    expect(swapped.get('2')).toEqual([
      'x',
      'step:train',
      'prev:load',
      'limit:cpu:2',
      'limit:amd.com/gpu:3'
    ]);
  });

  it('a step that ends takes the dependence on it along', () => {
    const edits = tags.editRole(cells, '1', 'skip');
    expect(edits.get('1')).toEqual(['skip']);
    expect(edits.get('3')).toEqual(['step:eval', 'prev:train', 'y']);
  });
});

it('stepsAbove: only what stands above', () => {
  const cells = [cell('1', 'step:a'), cell('2', 'step:b'), cell('3', 'block:c')];
  expect(tags.stepsAbove(cells, '2')).toEqual(['a']);
});

it('groups: a Kale notebook joins, a plain one does not', () => {
  const kale = [cell('1', 'step:a'), cell('2', 'skip'), cell('3')];
  expect(tags.groups(kale).map(group => group.step)).toEqual(['a', '', 'a']);
  const plain = [cell('1', 'imports'), cell('2')];
  expect(tags.groups(plain).map(group => group.role)).toEqual(['imports', null]);
});

it('papermill’s tag serves where no cell is tagged pipeline-parameters', () => {
  const roles = (...cells: ReturnType<typeof cell>[]) => tags.rolesOf(cells).map(own => own.role);
  expect(roles(cell('1', 'parameters'), cell('2'))).toEqual(['pipeline-parameters', null]);
  expect(roles(cell('1', 'parameters'), cell('2', 'pipeline-parameters'))).toEqual([
    null,
    'pipeline-parameters'
  ]);
  expect(tags.withRole(['mine', 'parameters'], null)).toEqual(['mine']);
  expect(tags.withRole(['parameters'], 'pipeline-parameters')).toContain('parameters');
});

(present ? describe : describe.skip)('the real notebooks', () => {
  it.each(NAMES)('%s: giving each cell the role that it has loses no tag', name => {
    for (const { cell_type, metadata } of read(name).cells) {
      const list = tags.tagsOf(metadata);
      const { role, step } = tags.readTags(list);
      if (cell_type === 'code' && role === 'step') {
        const again = tags.withRole(list, role, step).map(tag => tag.replace(/^step:/, 'block:'));
        expect(again).toEqual(list.map(tag => tag.replace(/^step:/, 'block:')));
      } else if (cell_type === 'code' && role && !list.some(tag => tag.startsWith('prev:'))) {
        expect(tags.withRole(list, role)).toEqual(list);
      }
    }
  });
});

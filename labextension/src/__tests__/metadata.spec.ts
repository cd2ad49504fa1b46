import * as metadata from '../metadata';
import type { IInspection } from '../tokens';
import { NAMES, present, read } from './notebooks';

const range = (name: string, min: string, max: string) => ({
  name,
  parameterType: 'double' as const,
  feasibleSpace: { min, max }
});

const row = (name: string, selected: boolean, origin = 'derived') => ({
  name,
  type: 'float',
  value: '0.1',
  cell: 1,
  line: 1,
  present: true,
  selected,
  origin,
  why: '',
  range: range(name, '0.01', '1')
});

const inspection = (): IInspection => ({
  kind: 'plain',
  kernel: 'python3',
  language: 'python',
  cells: [],
  parameters: [row('lr', true), row('eps', false)],
  metrics: [{ variable: 'acc', name: 'acc' }],
  objective: {
    type: 'maximize',
    objectiveMetricName: 'acc',
    origin: 'derived'
  },
  run: {
    algorithm: { algorithmName: 'auto' },
    parallelTrialCount: 3,
    maxTrialCount: 12,
    maxFailedTrialCount: 3,
    resolvedAlgorithm: 'random',
    origin: 'derived'
  },
  diagnostics: []
});

describe('writeJob', () => {
  it('writes Kale’s schema and no own part that says nothing', () => {
    const job = metadata.readJob(inspection(), {});
    const written = metadata.writeJob({ kernelspec: { name: 'python3' } }, job);
    expect(written).toEqual({
      kernelspec: { name: 'python3' },
      kubeflow_notebook: {
        katib_metadata: {
          parameters: [
            {
              name: 'lr',
              parameterType: 'double',
              feasibleSpace: { min: '0.01', max: '1' }
            }
          ],
          objective: {
            type: 'maximize',
            objectiveMetricName: 'acc',
            additionalMetricNames: []
          },
          algorithm: { algorithmName: 'auto' },
          maxTrialCount: 12,
          maxFailedTrialCount: 3,
          parallelTrialCount: 3
        }
      }
    });
  });

  it('a cleared maximum is null in our part and stays in Kale’s', () => {
    const job = {
      ...metadata.readJob(inspection(), {}),
      maxTrialCount: ' '
    };
    const { kale, own } = metadata.stored(metadata.writeJob({}, job));
    expect(own).toEqual({ version: 1, maxTrialCount: null });
    expect(kale.katib_metadata).toMatchObject({ maxTrialCount: 12 });
    const again = metadata.readJob(inspection(), {
      kubeflow_notebook: kale,
      nbkatib: own
    });
    expect(again.maxTrialCount).toBe('');
  });

  it('keeps unknown members and settings of other algorithms', () => {
    const before = {
      kubeflow_notebook: {
        mine: 1,
        katib_metadata: {
          odd: true,
          algorithm: {
            algorithmName: 'grid',
            earlyStopping: {},
            algorithmSettings: [{ name: 'acq_func', value: 'EI' }]
          },
          parameters: [
            {
              name: 'lr',
              parameterType: 'float',
              feasibleSpace: { min: 0.01, max: 1 },
              note: 'x'
            }
          ]
        }
      },
      nbkatib: { version: 1, extra: [1], options: { keep: true } }
    };
    const written = metadata.writeJob(before, {
      ...metadata.readJob(inspection(), before),
      algorithm: 'random'
    });
    expect(written).toMatchObject({
      kubeflow_notebook: {
        mine: 1,
        katib_metadata: {
          odd: true,
          algorithm: {
            algorithmName: 'random',
            earlyStopping: {},
            algorithmSettings: [{ name: 'acq_func', value: 'EI' }]
          },
          parameters: before.kubeflow_notebook.katib_metadata.parameters
        }
      },
      nbkatib: { version: 1, extra: [1], options: { keep: true } }
    });
  });

  it('keeps a typed range of what is not selected, and a parameter that is gone', () => {
    const job = metadata.readJob(inspection(), {});
    job.parameters[1].origin = 'typed';
    job.parameters.push({
      ...row('gone', false, 'stored'),
      present: false
    });
    const { kale, own } = metadata.stored(metadata.writeJob({}, job));
    expect(own.parameters).toEqual([
      {
        name: 'eps',
        parameterType: 'double',
        feasibleSpace: { min: '0.01', max: '1' }
      }
    ]);
    const names = (kale.katib_metadata as { parameters: { name: string }[] }).parameters;
    expect(names.map(parameter => parameter.name)).toEqual(['lr', 'gone']);
  });

  it('keeps what it cannot read among the parameters, where it stands', () => {
    const lr = { name: 'lr', parameterType: 'double', feasibleSpace: { min: 0.01, max: 1 } };
    const stored = [5, lr, { parameterType: 'int' }, { ...lr, feasibleSpace: {} }, 'lr'];
    const before = { kubeflow_notebook: { katib_metadata: { parameters: stored } } };
    const job = metadata.readJob(inspection(), before);
    const parameters = () => {
      const { kale } = metadata.stored(metadata.writeJob(before, job));
      return (kale.katib_metadata as { parameters: unknown[] }).parameters;
    };
    expect(parameters()).toEqual(stored);
    job.parameters[0].selected = false;
    expect(parameters()).toEqual(stored.filter(each => each !== lr));
  });

  it('leaves alone what a newer program keeps', () => {
    const nbkatib = { version: 2, parameters: { lr: 1 }, maxTrialCount: 'x' };
    const job = metadata.readJob(inspection(), { nbkatib });
    expect(metadata.writeJob({ nbkatib }, job).nbkatib).toEqual(nbkatib);
  });

  it.each([
    ['katib_metadata', { kubeflow_notebook: { mine: 1, katib_metadata: 'x' } }],
    ['parameters', { kubeflow_notebook: { mine: 1, katib_metadata: { parameters: { a: 1 } } } }],
    ['objective', { kubeflow_notebook: { mine: 1, katib_metadata: { objective: [] } } }],
    ['algorithm', { kubeflow_notebook: { mine: 1, katib_metadata: { algorithm: 'grid' } } }]
  ])('a %s of another type does no harm', (_, before) => {
    const written = metadata.writeJob(before, metadata.readJob(inspection(), before));
    expect(written).toMatchObject({
      kubeflow_notebook: {
        mine: 1,
        katib_metadata: {
          parameters: [{ name: 'lr' }],
          objective: { objectiveMetricName: 'acc' },
          algorithm: { algorithmName: 'auto' }
        }
      }
    });
  });

  it.each([
    ['0', 0],
    ['-0.5', -0.5],
    ['', undefined],
    ['x', 'x']
  ])('goal %j', (goal, want) => {
    const job = { ...metadata.readJob(inspection(), {}), goal };
    const { kale } = metadata.stored(metadata.writeJob({}, job));
    const { objective } = kale.katib_metadata as {
      objective: { goal?: unknown };
    };
    expect(objective.goal).toEqual(want);
  });
});

it('parameterAt counts the selected ones', () => {
  const job = metadata.readJob(inspection(), {});
  job.parameters.unshift({ ...row('first', false) });
  expect(metadata.parameterAt(job, 'spec.parameters[0].feasibleSpace.min')).toEqual({
    name: 'lr',
    member: 'min',
    item: -1
  });
  expect(metadata.parameterAt(job, 'spec.parameters[0].feasibleSpace.list[3]')).toEqual({
    name: 'lr',
    member: 'list',
    item: 3
  });
  expect(metadata.parameterAt(job, 'spec.maxTrialCount')).toBeNull();
});

it('withOption: what is empty leaves no trace', () => {
  const on = metadata.withOption({}, 'keep', true);
  expect(on).toEqual({ nbkatib: { version: 1, options: { keep: true } } });
  expect(metadata.withOption(on, 'keep', false)).toEqual({});
});

it('runOptions: only what the kernel knows', () => {
  const own = {
    engine: 'katib',
    options: { keep: true, seed: '7', later: 1, timeout: 5 }
  };
  expect(metadata.runOptions({ nbkatib: own })).toEqual({
    engine: 'katib',
    keep: true,
    seed: '7'
  });
});

it('snapshots: stored by Kale or chosen here, they are taken', () => {
  expect(metadata.runOptions({ kubeflow_notebook: { autosnapshot: true } })).toEqual({
    snapshots: true
  });
  const own = { nbkatib: { version: 1, options: { snapshots: true } } };
  expect(metadata.takesSnapshots(own)).toBe(true);
  const off = metadata.withSnapshots(own, false);
  expect(metadata.runOptions(off)).toEqual({});
  expect(metadata.runOptions(metadata.withSnapshots(off, true))).toEqual({ snapshots: true });
});

it('withKale removes', () => {
  const before = { kubeflow_notebook: { a: 1, katib_run: true } };
  expect(metadata.withKale(before, 'katib_run', undefined)).toEqual({
    kubeflow_notebook: { a: 1 }
  });
});

(present ? describe : describe.skip)('the real notebooks', () => {
  it.each(NAMES)('%s: what is stored survives being read and written', name => {
    const before = read(name).metadata as never;
    const katib = (metadata.stored(before).kale.katib_metadata ?? {}) as {
      [key: string]: never;
    };
    const algorithm = katib.algorithm as { algorithmName: string } | undefined;
    const inspected: IInspection = {
      ...inspection(),
      parameters: (
        (katib.parameters ?? []) as (typeof inspection extends () => infer T
          ? T
          : never)['parameters'][number]['range'][]
      ).map(each => ({
        ...row(each?.name ?? '', true, 'stored'),
        range: each
      })),
      objective: {
        additionalMetricNames: [],
        ...(katib.objective as object),
        origin: ''
      } as never,
      run: {
        algorithm: algorithm ?? { algorithmName: 'auto' },
        parallelTrialCount: katib.parallelTrialCount ?? 3,
        maxTrialCount: katib.maxTrialCount ?? 12,
        maxFailedTrialCount: katib.maxFailedTrialCount ?? 3,
        resolvedAlgorithm: '',
        origin: ''
      }
    };
    const after = metadata.writeJob(before, metadata.readJob(inspected, before));
    const { katib_metadata, ...rest } = metadata.stored(after).kale;
    expect(rest).toEqual(withoutKatib(metadata.stored(before).kale));
    expect(katib_metadata).toMatchObject(katib);
  });
});

function withoutKatib(kale: { [key: string]: unknown }): {
  [key: string]: unknown;
} {
  const rest = { ...kale };
  delete rest.katib_metadata;
  return rest;
}

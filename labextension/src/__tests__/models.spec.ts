import type { PartialJSONObject } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { merge } from '../models/experiment';
import { countProblem, JobModel } from '../models/job';
import type { IBackend, IExperimentEvent, IMethods, IShow, ITrial } from '../tokens';
import { BackendError } from '../tokens';

const trial = (name: string, index: number, state: string) => ({ name, index, state }) as ITrial;

it('merge: trials are replaced by name, new ones come in their order', () => {
  const show = {
    name: 'e',
    state: 'Running',
    experiment: { spec: { maxTrialCount: 3 } },
    trials: [trial('a', 0, 'Running'), trial('c', 2, 'Running')]
  } as unknown as IShow;
  const event = {
    experiment: 'e',
    state: 'Succeeded',
    seq: 7,
    status: { trials: 3 },
    trials: [trial('b', 1, 'Failed'), trial('a', 0, 'Succeeded')]
  } as unknown as IExperimentEvent;
  const after = merge(show, event);
  expect(after.trials.map(each => `${each.name} ${each.state}`)).toEqual([
    'a Succeeded',
    'b Failed',
    'c Running'
  ]);
  expect(after.state).toBe('Succeeded');
  expect(after.experiment).toEqual({ spec: { maxTrialCount: 3 }, status: { trials: 3 } });
});

const range = { name: 'lr', parameterType: 'double', feasibleSpace: { min: '0.01', max: '1' } };

const answers: { [method: string]: unknown } = {
  inspect: {
    parameters: [
      {
        name: 'lr',
        type: 'float',
        value: '0.1',
        present: true,
        selected: true,
        origin: 'derived',
        why: '',
        range
      }
    ],
    metrics: [{ variable: 'acc', name: 'acc' }],
    objective: { type: 'maximize', objectiveMetricName: 'acc', origin: 'derived' },
    run: {
      algorithm: { algorithmName: 'auto' },
      parallelTrialCount: 3,
      maxTrialCount: 12,
      maxFailedTrialCount: 3
    },
    cells: [],
    diagnostics: []
  },
  algorithms: [],
  environment: { engines: [] },
  validate: { problems: [], gridPoints: null, resolvedAlgorithm: 'random' }
};

function world(overrides: { [method: string]: unknown } = {}) {
  const asked: [string, unknown][] = [];
  const written: unknown[] = [];
  const backend = {
    status: { state: 'ready', detail: '', version: '' },
    request: (method: keyof IMethods, params: unknown) => {
      asked.push([method, params]);
      const answer = { ...answers, ...overrides }[method];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    }
  } as unknown as IBackend;
  Object.assign(backend, { statusChanged: new Signal(backend) });
  const owner = {};
  const changed = new Signal<object, void>(owner);
  const document = {
    path: 'x.ipynb',
    kernelId: null,
    metadata: { mine: 1 } as PartialJSONObject,
    cells: [{ id: 'c', type: 'code', tags: [] as string[] }],
    activeCell: 'c',
    isDisposed: false,
    changed,
    disposed: new Signal<object, void>(owner),
    sourceOf: () => 'lr = 0.1',
    setRole: (id: string, role: string | null) => (document.cells[0].tags = role ? [role] : []),
    live: () => ({
      notebook: 'x.ipynb',
      document: { cells: [], metadata: document.metadata, nbformat: 4, nbformat_minor: 5 }
    }),
    setMetadata: (next: PartialJSONObject) => {
      written.push(next);
      document.metadata = next;
      changed.emit();
    }
  };
  return { asked, written, document, model: new JobModel(backend, document) };
}

describe('JobModel', () => {
  it('writes nothing before Save, and then what was typed', async () => {
    const { model, written } = world();
    await model.load();
    const [row] = model.job.parameters;
    model.updateSpace(row, { min: '0.5', max: '1' });
    expect(written).toEqual([]);
    expect(model.job.parameters[0].origin).toBe('typed');
    model.save();
    expect(written[0]).toMatchObject({
      mine: 1,
      kubeflow_notebook: { katib_metadata: { parameters: [{ feasibleSpace: { min: '0.5' } }] } }
    });
    model.dispose();
  });

  it('searches a parameter as soon as it is given a range', async () => {
    const { model } = world();
    await model.load();
    model.updateRow('lr', { selected: false });
    model.updateSpace(model.job.parameters[0], { list: ['1', '2'] }, 'discrete');
    expect(model.job.parameters[0].selected).toBe(true);
    model.dispose();
  });

  it('resets a range to what the cell says', async () => {
    const { model } = world();
    await model.load();
    model.updateSpace(model.job.parameters[0], { min: '7', max: '8' });
    model.reset(model.job.parameters[0]);
    expect(model.job.parameters[0].range).toEqual(range);
    model.dispose();
  });

  it('runs the live document, and keeps the form when it is refused', async () => {
    const { model, asked, written } = world({ run: new BackendError('no kernel', -32000) });
    await model.load();
    await expect(model.run()).rejects.toThrow('no kernel');
    expect(model.failure).toBe('no kernel');
    expect(written).toEqual([]);
    const [, params] = asked.find(([method]) => method === 'run') as [string, IMethods['run'][0]];
    expect(params.document.metadata).toHaveProperty('kubeflow_notebook.katib_metadata');
    model.dispose();
  });

  it('says when somebody else has set up the job, and takes over theirs on demand', async () => {
    const { model, document } = world();
    await model.load();
    model.save();
    expect(model.changedElsewhere).toBe(false);
    document.setMetadata({ ...document.metadata, unrelated: 1 });
    expect(model.changedElsewhere).toBe(false);
    model.update({ maxTrialCount: '5' });
    document.setMetadata({ kubeflow_notebook: { katib_metadata: { maxTrialCount: 7 } } });
    expect(model.changedElsewhere).toBe(true);
    expect(model.job.maxTrialCount).toBe('5');
    await model.reload();
    expect(model.changedElsewhere).toBe(false);
    expect(model.job.maxTrialCount).toBe('12');
    model.dispose();
  });

  it('says what of the stored job was not used, until it is loaded anew', async () => {
    const problem = (text: string, cell = -1) => ({ severity: 'warning', cell, text });
    const still = problem('a grid');
    const { model } = world({
      inspect: {
        ...(answers.inspect as object),
        diagnostics: [problem('ignored'), problem('ignored'), still, problem('in a cell', 1)]
      },
      validate: { ...(answers.validate as object), problems: [still] }
    });
    await model.load();
    expect(model.ignored.map(({ text }) => text)).toEqual(['ignored']);
    model.dispose();
  });

  it('tags the selected cell and keeps what was typed', async () => {
    const { model, document, asked } = world();
    await model.load();
    model.update({ goal: '0.5' });
    await model.tag('pipeline-metrics');
    expect(document.cells[0].tags).toEqual(['pipeline-metrics']);
    expect(asked.filter(([method]) => method === 'inspect')).toHaveLength(4);
    expect(model.job).toMatchObject({ goal: '0.5', type: 'maximize', metric: 'acc' });
    model.dispose();
  });

  it('writes nothing into a notebook that was closed', async () => {
    const { model, document, written } = world();
    await model.load();
    document.isDisposed = true;
    model.save();
    expect(written).toEqual([]);
    model.dispose();
  });

  it('finds the problems of a row by their path', async () => {
    const path = 'spec.parameters[0].feasibleSpace.min';
    const problem = { severity: 'error', code: '', path, cell: -1, line: 0, column: 0, text: 'x' };
    const { model } = world({ validate: { ...(answers.validate as object), problems: [problem] } });
    await model.load();
    expect(model.problemsOfRow('lr')).toEqual([{ member: 'min', item: -1, problem }]);
    expect(model.errorCount).toBe(1);
    model.dispose();
  });
});

it.each([
  ['12', 'maxTrialCount', false],
  ['', 'maxTrialCount', false],
  ['', 'parallelTrialCount', true],
  ['1.5', 'parallelTrialCount', true],
  ['-1', 'maxFailedTrialCount', false]
] as const)('countProblem: %j as %s', (value, key, wrong) => {
  expect(countProblem({ [key]: value } as never, key, 'x') !== null).toBe(wrong);
});

/*
 * The tag language of cells, pure: which role a cell's tags give it, and the tags that give it another. Tags that are not of
 * this language stay where they are.
 */

export type Role =
  'imports' | 'functions' | 'pipeline-parameters' | 'pipeline-metrics' | 'step' | 'skip';

export const ROLES: readonly Role[] = [
  'imports',
  'functions',
  'pipeline-parameters',
  'pipeline-metrics',
  'step',
  'skip'
];

/** The colours that users know from Kale; a step's follows from its name. */
const COLORS: { [role: string]: string } = {
  imports: '#a32626',
  functions: '#a32626',
  'pipeline-parameters': '#ee7a1a',
  'pipeline-metrics': '#773d0d',
  skip: '#a9a9a9'
};

export interface ILimit {
  key: string;
  value: string;
}

export interface ICellRole {
  /** null: untagged, the cell belongs to the group above it. */
  role: Role | null;
  step: string;
  prev: string[];
  limits: ILimit[];
}

const NOTHING: ICellRole = { role: null, step: '', prev: [], limits: [] };

export interface ICell {
  id: string;
  type: string;
  tags: readonly string[];
}

/** New tags of some cells, by id. */
export type TagEdits = Map<string, string[]>;

/** papermill's tag, which serves where no cell is tagged pipeline-parameters. */
const PAPERMILL = 'parameters';

const STEP = /^(?:step|block):([_a-z][_a-z0-9]*)?$/;
const PREV = /^prev:([_a-z][_a-z0-9]*)$/;
const LIMIT = /^limit:([_a-z\-./]+):([_a-zA-Z0-9.]+)$/;
const OF_STEPS = /^(?:prev|limit|label|annotation):/;

export const STEP_NAME = /^[_a-z][_a-z0-9]*$/;

export function tagsOf(metadata: { readonly tags?: unknown }): string[] {
  const tags = metadata.tags;
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];
}

function roleOf(tag: string): { role: Role | null; step: string } | null {
  const step = STEP.exec(tag);
  if (step) {
    return step[1] ? { role: 'step', step: step[1] } : { role: null, step: '' };
  }
  const role = ROLES.find(known => known === tag && known !== 'step');
  return role ? { role, step: '' } : null;
}

/** The first tag that names a role wins, as in Kale. */
export function readTags(tags: readonly string[]): ICellRole {
  const found = tags.map(roleOf).find(role => role !== null);
  const captured = (pattern: RegExp) =>
    tags.map(tag => pattern.exec(tag)).filter((match): match is RegExpExecArray => match !== null);
  return {
    role: found?.role ?? null,
    step: found?.step ?? '',
    prev: captured(PREV).map(match => match[1]),
    limits: captured(LIMIT).map(match => ({
      key: match[1],
      value: match[2]
    }))
  };
}

function isReserved(tag: string): boolean {
  return roleOf(tag) !== null;
}

function replaced(
  tags: readonly string[],
  drop: (tag: string) => boolean,
  put: string[]
): string[] {
  const at = tags.findIndex(drop);
  const kept = tags.filter(tag => !drop(tag));
  const before = at < 0 ? 0 : tags.slice(0, at).filter(tag => !drop(tag)).length;
  return [...kept.slice(0, before), ...put, ...kept.slice(before)];
}

/** The cell's tags with another role. What only a step may have goes with the step, papermill's tag with the parameters. */
export function withRole(tags: readonly string[], role: Role | null, step = ''): string[] {
  const name = role === 'step' ? `step:${step}` : role;
  const renamed = replaced(tags, isReserved, name ? [name] : []);
  const kept = role === 'pipeline-parameters' ? renamed : renamed.filter(tag => tag !== PAPERMILL);
  return role === 'step' ? kept : kept.filter(tag => !OF_STEPS.test(tag));
}

export function withPrev(tags: readonly string[], prev: readonly string[]): string[] {
  const wanted = prev.map(name => `prev:${name}`);
  if (!tags.some(tag => PREV.test(tag))) {
    const at = tags.findIndex(isReserved) + 1;
    return [...tags.slice(0, at), ...wanted, ...tags.slice(at)];
  }
  return replaced(tags, tag => PREV.test(tag), wanted);
}

/** Sets the limit of one resource, or removes it when the value is empty. */
export function withLimit(tags: readonly string[], key: string, value: string): string[] {
  const tag = `limit:${key}:${value}`;
  const mine = (other: string) => LIMIT.exec(other)?.[1] === key;
  if (!value || tags.some(mine)) {
    return replaced(tags, mine, value ? [tag] : []);
  }
  return [...tags, tag];
}

export function stepsOf(cells: readonly ICell[]): string[] {
  const names = cells
    .filter(cell => cell.type === 'code')
    .map(cell => readTags(cell.tags).step)
    .filter(name => name !== '');
  return [...new Set(names)];
}

/** The steps that a cell may depend on: those that stand above it. */
export function stepsAbove(cells: readonly ICell[], id: string): string[] {
  const own = cells.findIndex(cell => cell.id === id);
  const name = readTags(cells[own]?.tags ?? []).step;
  return stepsOf(cells.slice(0, Math.max(own, 0))).filter(step => step !== name);
}

/** Every `prev:` of a step that was renamed, or removed when `to` is empty. */
export function renameDependants(cells: readonly ICell[], from: string, to: string): TagEdits {
  const edits: TagEdits = new Map();
  for (const cell of cells) {
    const { prev } = readTags(cell.tags);
    if (prev.includes(from)) {
      const renamed = prev.map(name => (name === from ? to : name)).filter(name => name !== '');
      edits.set(cell.id, withPrev(cell.tags, [...new Set(renamed)]));
    }
  }
  return edits;
}

export interface IStepChange {
  step: string;
  prev: string[];
  gpu: { key: string; value: string } | null;
}

export const GPU_KEYS: readonly string[] = ['nvidia.com/gpu', 'amd.com/gpu'];

/** The tags of a cell that is, or becomes, a step; and of the cells that depend on it. */
export function editStep(cells: readonly ICell[], id: string, change: IStepChange): TagEdits {
  const cell = cells.find(each => each.id === id);
  if (!cell) {
    return new Map();
  }
  const before = readTags(cell.tags).step;
  const shared = cells.some(each => each.id !== id && readTags(each.tags).step === before);
  const edits: TagEdits =
    before && before !== change.step && !shared
      ? renameDependants(cells, before, change.step)
      : new Map();
  let tags = withPrev(withRole(cell.tags, 'step', change.step), change.prev);
  for (const key of GPU_KEYS) {
    tags = withLimit(tags, key, change.gpu?.key === key ? change.gpu.value : '');
  }
  return edits.set(id, tags);
}

/** The tags after a cell has got another role; a step that ends takes the `prev:` to it along. */
export function editRole(cells: readonly ICell[], id: string, role: Role | null): TagEdits {
  const cell = cells.find(each => each.id === id);
  if (!cell) {
    return new Map();
  }
  const before = readTags(cell.tags).step;
  const shared = cells.some(each => each.id !== id && readTags(each.tags).step === before);
  const edits: TagEdits =
    before && !shared && role !== 'step' ? renameDependants(cells, before, '') : new Map();
  return edits.set(id, withRole(cell.tags, role, before));
}

/** Why a step cannot be called so; empty when it can. */
export function stepNameProblem(name: string): 'empty' | 'pattern' | null {
  if (!name) {
    return 'empty';
  }
  return STEP_NAME.test(name) ? null : 'pattern';
}

/** What each cell's own tags say, in the light of the others. */
export function rolesOf(cells: readonly ICell[]): ICellRole[] {
  const own = cells.map(cell => (cell.type === 'code' ? readTags(cell.tags) : NOTHING));
  if (own.some(({ role }) => role === 'pipeline-parameters')) {
    return own;
  }
  return own.map((each, index) =>
    !each.role && cells[index].type === 'code' && cells[index].tags.includes(PAPERMILL)
      ? { ...each, role: 'pipeline-parameters' }
      : each
  );
}

/** A cell's group: its own role, or that of the tagged cell above it in a Kale notebook. */
export function groups(cells: readonly ICell[]): ICellRole[] {
  const kale = stepsOf(cells).length > 0;
  let head = NOTHING;
  return rolesOf(cells).map((own, index) => {
    if (own.role && own.role !== 'skip') {
      head = own;
    }
    return own.role || !kale || cells[index].type !== 'code' ? own : head;
  });
}

/** Stable between sessions: the step's name decides. */
export function colorOf(role: ICellRole): string {
  if (role.role !== 'step') {
    return COLORS[role.role ?? ''] ?? 'transparent';
  }
  let hash = 5381;
  for (const letter of role.step) {
    hash = (hash * 33 + letter.charCodeAt(0)) % 360;
  }
  return `hsl(${hash}, 55%, 45%)`;
}

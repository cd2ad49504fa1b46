import { existsSync, readFileSync } from 'fs';
import { join } from 'path';

interface INotebookCell {
  id?: string;
  cell_type: string;
  source: string | string[];
  metadata: { [key: string]: unknown };
}

export interface INotebookFile {
  cells: INotebookCell[];
  metadata: { [key: string]: never };
}

const folder = process.env.NBKATIB_NOTEBOOKS || join(__dirname, '../../../../shared/notebooks');

export const NAMES = [
  'car-price/predict_car_price.ipynb',
  'kale/dog-breed-katib.ipynb',
  'kale/open-vaccine.ipynb',
  'kale/pipeline_parameters_and_metrics.ipynb',
  'kale/taxicab_pipeline.ipynb',
  'kale/xgboost_iris.ipynb'
];

export const present = existsSync(join(folder, NAMES[0]));

export function read(name: string): INotebookFile {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'));
}

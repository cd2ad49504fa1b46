/* Values as people read them. */

/** Six significant digits; what is no number stays as it is. */
export function shortNumber(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') {
    return '';
  }
  const number = Number(value);
  return Number.isFinite(number) ? String(Number(number.toPrecision(6))) : String(value);
}

/** 75 as "1 min 15 s". */
export function duration(seconds: number | null): string {
  if (seconds === null) {
    return '';
  }
  if (seconds < 10) {
    return `${Math.round(seconds * 10) / 10} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function localTime(time: string | null | undefined): string {
  const date = time ? new Date(time) : null;
  return date && !Number.isNaN(date.getTime())
    ? date.toLocaleString(undefined, {
        dateStyle: 'short',
        timeStyle: 'medium'
      })
    : '';
}

/** A trial's name without its experiment's before it. */
export function shortTrial(trial: string, experiment: string): string {
  return trial.startsWith(`${experiment}-`) ? trial.slice(experiment.length + 1) : trial;
}

/** Log and traceback without the terminal's colours. */
export function plainText(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '');
}

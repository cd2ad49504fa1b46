import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

/** The user's settings, with their defaults where there is no registry. */
export class Settings {
  constructor(registry: ISettingRegistry | null, plugin: string) {
    registry
      ?.load(plugin)
      .then(settings => {
        this._settings = settings;
        settings.changed.connect(() => this.changed.emit());
        this.changed.emit();
      })
      .catch(() => undefined);
  }

  readonly changed: Signal<this, void> = new Signal<this, void>(this);

  get showRoles(): boolean {
    return this.flag('showRoles');
  }

  get openOnRun(): boolean {
    return this.flag('openOnRun');
  }

  get notify(): boolean {
    return this.flag('notify');
  }

  private flag(name: string): boolean {
    return this._settings?.get(name).composite !== false;
  }

  private _settings: ISettingRegistry.ISettings | null = null;
}

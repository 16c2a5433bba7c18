// Keyboard: function keys act everywhere, single letters only outside of inputs and only
// while the user has not switched them off. Esc closes dialogs and never acts.

export type Handler = (arg: string) => void;
type Table = Record<string, Handler>;

/** Digits of a lane number are collected for so long. */
const DIGITS_MS = 900;

class Keys {
  /** Digits typed so far, shown while they wait. */
  typed = $state('');
  enabled: () => boolean = () => true;
  private tables: Table[] = [];
  private timer = 0;
  private modal = 0;

  /** Adds a table of keys; the newest wins. The result takes it away again. */
  add(table: Table): () => void {
    this.tables.push(table);
    return () => {
      this.tables = this.tables.filter((x) => x !== table);
    };
  }

  /** While a dialog is open, only its own elements get keys. */
  hold(): () => void {
    this.modal++;
    return () => {
      this.modal--;
    };
  }

  start(): () => void {
    const on = (e: KeyboardEvent): void => this.press(e);
    window.addEventListener('keydown', on);
    return () => window.removeEventListener('keydown', on);
  }

  private press(e: KeyboardEvent): void {
    if (e.altKey || e.metaKey || e.isComposing) return;
    if (e.ctrlKey) {
      const h = e.code === 'KeyZ' && this.modal === 0 && !typing(e.target) ? this.find('Ctrl+Z') : undefined;
      if (!h) return;
      e.preventDefault();
      if (!e.repeat) h('Ctrl+Z');
      return;
    }
    const fn = /^F\d+$/.test(e.key);
    if (this.modal > 0) {
      // A function key must not reach the browser's own meaning behind an open dialog.
      if (fn && this.find(e.key)) e.preventDefault();
      return;
    }
    if (!fn) {
      if (typing(e.target) || !this.enabled()) return;
      if (/^\d$/.test(e.key)) {
        this.digit(e.key);
        return;
      }
      if (e.key === 'Enter' && this.typed !== '') {
        e.preventDefault();
        this.flush();
        return;
      }
    }
    const h = this.find(fn ? e.key : e.key.length === 1 ? latin(e) : e.key);
    if (!h) return;
    e.preventDefault();
    // A held key must not press a decision twice.
    if (!e.repeat) h(e.key);
  }

  /** Does what a key does, for a button that means the same. */
  act(key: string): void {
    this.find(key)?.(key);
  }

  private find(key: string): Handler | undefined {
    for (let i = this.tables.length - 1; i >= 0; i--) {
      const h = this.tables[i]?.[key];
      if (h) return h;
    }
    return undefined;
  }

  private digit(d: string): void {
    this.typed += d;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.flush(), DIGITS_MS);
  }

  private flush(): void {
    window.clearTimeout(this.timer);
    const id = this.typed;
    this.typed = '';
    if (id !== '') this.find('digits')?.(id);
  }
}

/** The letter printed on the key, also under a Cyrillic layout. */
function latin(e: KeyboardEvent): string {
  const m = /^Key([A-Z])$/.exec(e.code);
  return m?.[1] ? m[1].toLowerCase() : e.key;
}

function typing(t: EventTarget | null): boolean {
  return t instanceof HTMLElement && (t.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(t.tagName));
}

export const keys = new Keys();

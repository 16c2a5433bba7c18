// Screens by the hash of the address, so that a link to a lane or a passage can be kept.

export type Route =
  | { name: 'overview' }
  | { name: 'lane'; lane: string }
  | { name: 'alarms' }
  | { name: 'history' }
  | { name: 'passage'; id: string }
  | { name: 'devices' };

export function parse(hash: string): Route {
  const [head, ...rest] = hash.replace(/^#?\/?/, '').split('/').map(safeDecode);
  const arg = rest.join('/');
  if (head === 'lane' && arg) return { name: 'lane', lane: arg };
  if (head === 'passage' && arg) return { name: 'passage', id: arg };
  if (head === 'alarms') return { name: 'alarms' };
  if (head === 'history') return { name: 'history' };
  if (head === 'devices') return { name: 'devices' };
  return { name: 'overview' };
}

export function href(r: Route): string {
  if (r.name === 'lane') return `#/lane/${encodeURIComponent(r.lane)}`;
  if (r.name === 'passage') return `#/passage/${encodeURIComponent(r.id)}`;
  return r.name === 'overview' ? '#/' : `#/${r.name}`;
}

function safeDecode(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

class Router {
  route = $state.raw<Route>({ name: 'overview' });

  start(): void {
    const read = (): void => {
      this.route = parse(location.hash);
    };
    window.addEventListener('hashchange', read);
    read();
  }

  go(r: Route): void {
    location.hash = href(r);
  }
}

export const router = new Router();

// Lets the server remember a visitor's anonymousId, because Safari deletes what scripts have stored after seven days without a visit.
// For the unmodified SDKs of Segment (analytics-next) and RudderStack (analytics-js). Call it before the load() of the SDK:
//
//   rememberVisitor(analytics, 'WRITE_KEY').then(() => analytics.load(…));
//
// It asks the server only if the browser has lost the id, and reports the SDK's id to the server whenever it has changed: an id created by reset() replaces the
// previous one. Put it on every page that loads the SDK. The promise returns the restored id, or null.
(() => {
  'use strict';

  const script = document.currentScript;
  const server = (script.dataset.server || new URL(script.src).origin).replace(/\/$/, '');
  // Events must not wait longer for a server that is unavailable.
  const maxWaitMs = 1000;

  const segment = {
    entry: 'ajs_anonymous_id',
    global: 'analytics',
    async reader(sdk) {
      const user = await sdk.user();
      return () => user.anonymousId();
    },
    // reset() empties its storage but not our note of the reported id. So a note without a stored id means a reset on a page without this script.
    resetEmpties: true,
    // Before load(), it handles setAnonymousId before all other calls, so none has to be held back.
    waiting: [],
  };
  const rudderstack = {
    entry: 'rl_anonymous_id',
    global: 'rudderanalytics',
    async reader(sdk) {
      return () => sdk.getAnonymousId();
    },
    resetEmpties: false,
    waiting: ['track', 'page', 'identify', 'group', 'alias', 'reset', 'setAnonymousId'],
  };

  window.rememberVisitor = async (sdk, writeKey) => {
    const kind = 'getAnonymousId' in sdk ? rudderstack : segment;
    const url = urlOf(writeKey);
    let restored = null;
    if (!isStored(kind.entry) && !(kind.resetEmpties && recall(url))) {
      const release = hold(sdk, kind.waiting);
      restored = await ask(url);
      release(() => restored && sdk.setAnonymousId(restored));
    }
    // The array of calls that a snippet uses until the SDK is loaded has been replaced by the SDK when that is ready.
    sdk.ready(() => follow(Array.isArray(sdk) ? window[kind.global] : sdk, kind, url));
    return restored;
  };

  // For a visitor who objects.
  window.forgetVisitor = (writeKey) => fetch(urlOf(writeKey), { method: 'DELETE', credentials: 'include', keepalive: true });

  const urlOf = (writeKey) => `${server}/v1/projects/${encodeURIComponent(writeKey)}/anonymousId`;

  async function ask(url) {
    try {
      const answer = await fetch(url, { credentials: 'include', signal: AbortSignal.timeout(maxWaitMs) });
      return answer.ok ? (await answer.json()).anonymousId : null;
    } catch {
      return null;
    }
  }

  // Holds back calls until setAnonymousId was called. Otherwise they would be handled first, with an id that the SDK generates.
  function hold(sdk, names) {
    const [calls, methods] = [[], names.map((name) => [name, sdk[name]])];
    for (const [name] of methods) sdk[name] = (...args) => void calls.push([name, args]);
    return (first) => {
      for (const [name, method] of methods) sdk[name] = method;
      first();
      for (const [name, args] of calls) sdk[name](...args);
    };
  }

  async function follow(sdk, kind, url) {
    const current = await kind.reader(sdk);
    let last = Promise.resolve();
    let reported = null;
    const report = () => {
      const id = current();
      if (!id || id === reported || recall(url) === note(id)) return;
      reported = id;
      // One request after the other. Otherwise an older id could arrive last.
      last = last.then(() => put(url, id)).then((kept) => {
        if (kept) keep(url, id);
        else if (reported === id) reported = null;
      });
    };
    report();
    if (kind === segment) sdk.on('reset', report);
    // The last event that a page reliably gets. If the request fails, the next page reports again.
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && report());
    window.addEventListener('pagehide', report);
  }

  async function put(url, id) {
    try {
      const body = JSON.stringify({ anonymousId: id });
      return (await fetch(url, { method: 'PUT', credentials: 'include', keepalive: true, headers: { 'Content-Type': 'application/json' }, body })).ok;
    } catch {
      return false;
    }
  }

  // The note contains the date, so that the id is reported again every day and the cookie stays valid for another year.
  const note = (id) => `${new Date().toISOString().slice(0, 10)} ${id}`;
  const recall = (url) => storage('localStorage')?.getItem(`told ${url}`);
  const keep = (url, id) => storage('localStorage')?.setItem(`told ${url}`, note(id));

  const isStored = (entry) =>
    document.cookie.split('; ').some((cookie) => cookie.startsWith(`${entry}=`)) ||
    ['localStorage', 'sessionStorage'].some((name) => storage(name)?.getItem(entry) != null);

  // If the visitor has disabled storage, even reading the property throws.
  function storage(name) {
    try {
      return window[name];
    } catch {
      return null;
    }
  }
})();

// Lets the server remember a visitor's anonymousId, because Safari deletes what scripts have stored after seven days without a visit.
// For the SDKs of Segment (analytics-next) and RudderStack (analytics-js) as they are. To be called before the SDK's load():
//
//   rememberVisitor(analytics, 'WRITE_KEY').then(() => analytics.load(…));
//
// It asks the server only where the browser has forgotten, and tells the server what id the SDK has, whenever that has changed: an id made by reset()
// replaces the one before it. To be put on every page that loads the SDK. Answers the id that was restored, or null.
(() => {
  'use strict';

  const script = document.currentScript;
  const server = (script.dataset.server || new URL(script.src).origin).replace(/\/$/, '');
  // A server that is away must not keep the events waiting.
  const patienceMs = 1000;

  const segment = {
    entry: 'ajs_anonymous_id',
    global: 'analytics',
    async reader(sdk) {
      const user = await sdk.user();
      return () => user.anonymousId();
    },
    // It stores where we note what was told: nothing stored, but a note, means that it was reset on a page without this script.
    resetEmpties: true,
    // Its setAnonymousId is handled before all other calls that wait for load().
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
    // A snippet's stand-in, an array of calls, has been replaced by the SDK when that is ready.
    sdk.ready(() => follow(Array.isArray(sdk) ? window[kind.global] : sdk, kind, url));
    return restored;
  };

  // For a visitor who objects.
  window.forgetVisitor = (writeKey) => fetch(urlOf(writeKey), { method: 'DELETE', credentials: 'include', keepalive: true });

  const urlOf = (writeKey) => `${server}/v1/projects/${encodeURIComponent(writeKey)}/anonymousId`;

  async function ask(url) {
    try {
      const answer = await fetch(url, { credentials: 'include', signal: AbortSignal.timeout(patienceMs) });
      return answer.ok ? (await answer.json()).anonymousId : null;
    } catch {
      return null;
    }
  }

  // Calls made meanwhile would be handled before setAnonymousId, with an id of the SDK's own making.
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
    let told = null;
    const tell = () => {
      const id = current();
      if (!id || id === told || recall(url) === note(id)) return;
      told = id;
      // One after the other, or an older id could arrive last.
      last = last.then(() => put(url, id)).then((kept) => {
        if (kept) keep(url, id);
        else if (told === id) told = null;
      });
    };
    tell();
    if (kind === segment) sdk.on('reset', tell);
    // The last moment that a page is sure to see. What does not arrive is told again by the next page.
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && tell());
    window.addEventListener('pagehide', tell);
  }

  async function put(url, id) {
    try {
      const body = JSON.stringify({ anonymousId: id });
      return (await fetch(url, { method: 'PUT', credentials: 'include', keepalive: true, headers: { 'Content-Type': 'application/json' }, body })).ok;
    } catch {
      return false;
    }
  }

  // Once a day the server is told again, so that the cookie's year begins anew.
  const note = (id) => `${new Date().toISOString().slice(0, 10)} ${id}`;
  const recall = (url) => storage('localStorage')?.getItem(`told ${url}`);
  const keep = (url, id) => storage('localStorage')?.setItem(`told ${url}`, note(id));

  const isStored = (entry) =>
    document.cookie.split('; ').some((cookie) => cookie.startsWith(`${entry}=`)) ||
    ['localStorage', 'sessionStorage'].some((name) => storage(name)?.getItem(entry) != null);

  // Even to look at it throws where the visitor has forbidden it.
  function storage(name) {
    try {
      return window[name];
    } catch {
      return null;
    }
  }
})();

// What functions of the two contracts expect besides the language itself. Evaluated once for each engine, before the function's own code.
// `host` has the functions of HostFunctions.cs; `contract` is "rudderstack" or "segment". The result is used by FunctionEngine.cs.
(function (host, contract) {
  'use strict';

  const define = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  const { parse, stringify } = JSON;
  const isObject = value => value !== null && (typeof value === 'object' || typeof value === 'function');

  for (const name of ['EventNotSupported', 'InvalidEventPayload', 'ValidationError', 'RetryError', 'DropEvent']) {
    const type = class extends Error {};
    Object.defineProperty(type, 'name', { value: name });
    Object.defineProperty(type.prototype, 'name', { value: name, writable: true, configurable: true });
    define(name, type);
  }

  define('log', (...values) => host.log(...values));
  define('console', { log: host.log, info: host.log, warn: host.log, error: host.log, debug: host.log });
  define('getCredential', key => host.credential(String(key)));
  define('geolocation', () => {
    throw new Error('geolocation is not configured: the platform adds the location of an IP address itself, under context, if it has a database for it');
  });

  // ---- requests

  const headersOf = headers => {
    const result = {};
    const pairs = headers instanceof Headers ? [...headers] : Array.isArray(headers) ? headers : Object.entries(headers ?? {});
    for (const [name, value] of pairs) result[String(name).toLowerCase()] = String(value);
    return result;
  };

  class Headers {
    #values;
    constructor(values) { this.#values = headersOf(values); }
    get(name) { return this.#values[String(name).toLowerCase()] ?? null; }
    has(name) { return Object.hasOwn(this.#values, String(name).toLowerCase()); }
    set(name, value) { this.#values[String(name).toLowerCase()] = String(value); }
    append(name, value) { this.set(name, this.has(name) ? `${this.get(name)}, ${value}` : value); }
    delete(name) { delete this.#values[String(name).toLowerCase()]; }
    forEach(callback) { for (const [name, value] of this) callback(value, name, this); }
    entries() { return Object.entries(this.#values)[Symbol.iterator](); }
    keys() { return Object.keys(this.#values)[Symbol.iterator](); }
    values() { return Object.values(this.#values)[Symbol.iterator](); }
    [Symbol.iterator]() { return this.entries(); }
  }

  class Response {
    #body;
    constructor(answer, url) {
      this.#body = answer.body;
      this.status = answer.status;
      this.ok = answer.status >= 200 && answer.status < 300;
      this.url = answer.url ?? url;
      this.headers = new Headers(answer.headers);
    }
    async text() { return this.#body; }
    async json() { return parse(this.#body); }
  }

  const send = async (url, options) => {
    const body = options?.body;
    const headers = headersOf(options?.headers);
    if (body instanceof URLSearchParams && !('content-type' in headers)) headers['content-type'] = 'application/x-www-form-urlencoded;charset=UTF-8';
    const text = body === undefined || body === null ? null : typeof body === 'string' || body instanceof URLSearchParams ? String(body) : stringify(body);
    return parse(await host.fetch(stringify({ url: String(url), method: String(options?.method ?? 'GET').toUpperCase(), headers, body: text })));
  };

  if (contract === 'rudderstack') {
    const jsonOrText = text => {
      try { return parse(text); } catch { return text; }
    };
    define('fetchV2', async (url, options) => {
      const answer = await send(url, options);
      return { url: answer.url ?? String(url), status: answer.status, headers: answer.headers, body: jsonOrText(answer.body) };
    });
    define('fetch', async (url, options) => {
      try {
        return parse((await send(url, options)).body);
      } catch (error) {
        host.log(`fetch failed: ${error?.message}`);
        return 'ERROR';
      }
    });
  } else {
    define('Headers', Headers);
    define('fetch', async (url, options) => new Response(await send(url, options), String(url)));
  }

  // ---- timers

  define('setTimeout', (callback, delay, ...values) => {
    if (typeof callback !== 'function') throw new TypeError('setTimeout: the first argument must be a function');
    return host.startTimer(() => callback(...values), Number(delay) || 0);
  });
  define('clearTimeout', id => host.stopTimer(Number(id)));

  // ---- text and bytes

  define('TextEncoder', class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return host.encode(String(text)); }
  });
  define('TextDecoder', class TextDecoder {
    #fatal;
    constructor(label = 'utf-8', options = {}) {
      if (!/^utf-?8$/i.test(label)) throw new RangeError(`TextDecoder: only utf-8 is supported, not ${label}`);
      this.#fatal = Boolean(options.fatal);
    }
    get encoding() { return 'utf-8'; }
    decode(bytes) { return bytes === undefined ? '' : host.decode(bytesOf(bytes), this.#fatal); }
  });
  define('atob', text => host.atob(String(text)));
  define('btoa', text => host.btoa(String(text)));

  const bytesOf = value => {
    if (value instanceof Uint8Array) return value;
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    throw new TypeError('bytes must be an ArrayBuffer, a typed array or a DataView');
  };
  const textOrBytes = value => typeof value === 'string' ? value : bytesOf(value);

  class Digest {
    #algorithm;
    #key;
    #parts = [];
    constructor(algorithm, key) {
      this.#algorithm = String(algorithm).toLowerCase().replace('-', '');
      this.#key = key;
      host.digest(this.#algorithm, key, []);
    }
    update(data) {
      this.#parts.push(textOrBytes(data));
      return this;
    }
    digest(encoding) {
      const bytes = host.digest(this.#algorithm, this.#key, this.#parts);
      return encoding === undefined ? bytes : host.format(bytes, String(encoding));
    }
  }
  define('crypto', {
    createHash: algorithm => new Digest(algorithm, null),
    createHmac: (algorithm, key) => new Digest(algorithm, textOrBytes(key)),
    randomUUID: () => host.uuid(),
  });

  define('structuredClone', value => {
    const copies = new Map();
    const copy = original => {
      if (typeof original === 'function' || typeof original === 'symbol') throw new TypeError(`structuredClone: a ${typeof original} cannot be cloned`);
      if (!isObject(original)) return original;
      if (copies.has(original)) return copies.get(original);
      const keep = made => { copies.set(original, made); return made; };
      if (original instanceof Date) return keep(new Date(original.getTime()));
      if (original instanceof RegExp) return keep(new RegExp(original.source, original.flags));
      if (original instanceof ArrayBuffer) return keep(original.slice(0));
      if (ArrayBuffer.isView(original)) return keep(new original.constructor(original.buffer.slice(0), original.byteOffset, original.length));
      if (original instanceof Map) {
        const made = keep(new Map());
        for (const [key, item] of original) made.set(copy(key), copy(item));
        return made;
      }
      if (original instanceof Set) {
        const made = keep(new Set());
        for (const item of original) made.add(copy(item));
        return made;
      }
      const made = keep(Array.isArray(original) ? [] : original instanceof Error ? new Error(original.message) : {});
      for (const key of Object.keys(original)) made[key] = copy(original[key]);
      return made;
    };
    return copy(value);
  });

  // ---- URLs (https://url.spec.whatwg.org), as far as http, https and opaque schemes need them

  const ports = { 'http:': '80', 'https:': '443', 'ws:': '80', 'wss:': '443', 'ftp:': '21' };
  const encodeBytes = (text, allowed) => {
    if (allowed.test(text)) return text;
    let result = '';
    for (const character of text) {
      if (allowed.test(character)) result += character;
      else for (const byte of host.encode(character)) result += '%' + byte.toString(16).toUpperCase().padStart(2, '0');
    }
    return result;
  };
  const pathCharacters = /^[!$%&'()*+,\-./0-9:;=@A-Z[\]^_a-z|~\\]*$/;
  const queryCharacters = /^[!$%&()*+,\-./0-9:;=?@A-Z[\]^_`a-z{|}~\\]*$/;
  const fragmentCharacters = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]^_a-z{|}~\\]*$/;
  const userCharacters = /^[!$%&'()*+,\-.0-9A-Z_a-z~]*$/;
  const encodeForm = text => encodeBytes(text, /^[*\-.0-9A-Z_a-z ]*$/).replaceAll(' ', '+');
  const decodeForm = text => host.decodePercent(text.replaceAll('+', ' '));

  class URLSearchParams {
    #pairs = [];
    #changed;
    constructor(init = '') {
      if (isObject(init)) {
        const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
        for (const [name, value] of pairs) this.#pairs.push([String(name), String(value)]);
      } else {
        this.#read(String(init));
      }
    }
    #read(text) {
      this.#pairs = text.replace(/^\?/, '').split('&').filter(part => part !== '').map(part => {
        const at = part.indexOf('=');
        return at < 0 ? [decodeForm(part), ''] : [decodeForm(part.slice(0, at)), decodeForm(part.slice(at + 1))];
      });
    }
    static follow(text, changed) {
      const made = new URLSearchParams(text);
      made.#changed = changed;
      return made;
    }
    static reread(parameters, text) { parameters.#read(text); }
    #write(pairs) {
      this.#pairs = pairs;
      this.#changed?.(this.toString());
    }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#write([...this.#pairs, [String(name), String(value)]]); }
    delete(name, value) { this.#write(this.#pairs.filter(pair => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)))); }
    get(name) { return this.#pairs.find(pair => pair[0] === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter(pair => pair[0] === String(name)).map(pair => pair[1]); }
    has(name, value) { return this.#pairs.some(pair => pair[0] === String(name) && (value === undefined || pair[1] === String(value))); }
    set(name, value) {
      const first = this.#pairs.findIndex(pair => pair[0] === String(name));
      if (first < 0) return this.append(name, value);
      this.#write(this.#pairs.filter((pair, i) => i <= first || pair[0] !== String(name)).map((pair, i) => i === first ? [pair[0], String(value)] : pair));
    }
    sort() { this.#write([...this.#pairs].sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)); }
    forEach(callback) { for (const [name, value] of this) callback(value, name, this); }
    keys() { return this.#pairs.map(pair => pair[0])[Symbol.iterator](); }
    values() { return this.#pairs.map(pair => pair[1])[Symbol.iterator](); }
    entries() { return this.#pairs.map(pair => [...pair])[Symbol.iterator](); }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join('&'); }
  }
  define('URLSearchParams', URLSearchParams);

  const withoutDots = path => {
    const parts = path.split('/').slice(1);
    const result = [];
    parts.forEach((part, i) => {
      const plain = part.replace(/%2e/gi, '.');
      if (plain === '..') result.pop();
      if (plain === '.' || plain === '..') {
        if (i === parts.length - 1) result.push('');
      } else {
        result.push(part);
      }
    });
    return '/' + result.join('/');
  };

  const parseUrl = (text, base) => {
    const invalid = () => { throw new TypeError(`Invalid URL: ${text}`); };
    let rest = text.trim().replace(/[\t\n\r]/g, '');
    const url = { protocol: '', username: '', password: '', hostname: '', port: '', pathname: '', search: '', hash: '', opaque: false };
    const hash = rest.indexOf('#');
    if (hash >= 0) {
      url.hash = rest.length > hash + 1 ? '#' + encodeBytes(rest.slice(hash + 1), fragmentCharacters) : '';
      rest = rest.slice(0, hash);
    }
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(rest);
    const relative = !scheme || (base && scheme[1].toLowerCase() + ':' === base.protocol && base.protocol in ports && !/^[^:]*:[/\\]/.test(rest));
    if (relative && !base) invalid();
    url.protocol = relative ? base.protocol : scheme[1].toLowerCase() + ':';
    if (scheme && (!relative || url.protocol === scheme[1].toLowerCase() + ':')) rest = rest.slice(scheme[0].length);
    const special = url.protocol in ports;
    const query = rest.indexOf('?');
    const search = query < 0 ? null : rest.slice(query + 1);
    if (query >= 0) rest = rest.slice(0, query);
    if (special) rest = rest.replaceAll('\\', '/');
    const setQuery = () => { url.search = search ? '?' + encodeBytes(search, queryCharacters) : ''; };

    if (!relative && special) rest = '//' + rest.replace(/^\/*/, '');
    if (rest.startsWith('//')) {
      const slash = rest.indexOf('/', 2);
      const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
      const at = authority.lastIndexOf('@');
      if (at >= 0) {
        const colon = authority.slice(0, at).indexOf(':');
        url.username = encodeBytes(authority.slice(0, colon < 0 ? at : colon), userCharacters);
        url.password = colon < 0 ? '' : encodeBytes(authority.slice(colon + 1, at), userCharacters);
      }
      const parts = /^(\[[0-9a-f:.]+\]|[^:]*)(?::(\d*))?$/i.exec(authority.slice(at + 1));
      if (!parts || (special && !parts[1])) invalid();
      url.hostname = special && !parts[1].startsWith('[') ? host.hostName(host.decodePercent(parts[1])) ?? invalid() : parts[1].toLowerCase();
      if (parts[2] && Number(parts[2]) > 65535) invalid();
      url.port = parts[2] && String(Number(parts[2])) !== ports[url.protocol] ? String(Number(parts[2])) : '';
      const path = slash < 0 ? '' : rest.slice(slash);
      url.pathname = path || special ? withoutDots(encodeBytes(path || '/', pathCharacters)) : '';
      setQuery();
    } else if (relative) {
      if (base.opaque) invalid();
      for (const key of ['username', 'password', 'hostname', 'port']) url[key] = base[key];
      if (rest === '') {
        url.pathname = base.pathname;
        if (search === null) url.search = base.search;
        else setQuery();
      } else {
        const path = rest.startsWith('/') ? rest : base.pathname.slice(0, base.pathname.lastIndexOf('/') + 1) + rest;
        url.pathname = withoutDots(encodeBytes(path, pathCharacters));
        setQuery();
      }
    } else {
      url.opaque = !rest.startsWith('/');
      url.pathname = url.opaque ? rest : withoutDots(encodeBytes(rest, pathCharacters));
      setQuery();
    }
    return url;
  };

  class URL {
    #parts;
    #parameters;
    constructor(url, base) { this.#parts = parseUrl(String(url), base === undefined ? undefined : parseUrl(String(base))); }
    static canParse(url, base) {
      try { return Boolean(new URL(url, base)); } catch { return false; }
    }
    get searchParams() {
      this.#parameters ??= URLSearchParams.follow(this.#parts.search, text => { this.#parts.search = text && '?' + text; });
      return this.#parameters;
    }
    get href() {
      const { protocol, username, password, pathname, search, hash } = this.#parts;
      const user = username || password ? username + (password && ':' + password) + '@' : '';
      const authority = this.host || protocol in ports ? '//' + user + this.host : '';
      return protocol + authority + pathname + search + hash;
    }
    set href(value) {
      this.#parts = parseUrl(String(value));
      if (this.#parameters) URLSearchParams.reread(this.#parameters, this.#parts.search);
    }
    get origin() { return this.protocol in ports ? `${this.protocol}//${this.host}` : 'null'; }
    get protocol() { return this.#parts.protocol; }
    get username() { return this.#parts.username; }
    get password() { return this.#parts.password; }
    get host() { return this.#parts.hostname + (this.#parts.port && ':' + this.#parts.port); }
    get hostname() { return this.#parts.hostname; }
    get port() { return this.#parts.port; }
    get pathname() { return this.#parts.pathname; }
    set pathname(value) { this.#parts.pathname = withoutDots(encodeBytes(String(value).replace(/^\/?/, '/'), pathCharacters)); }
    get search() { return this.#parts.search; }
    set search(value) {
      const text = String(value).replace(/^\?/, '');
      this.#parts.search = text && '?' + encodeBytes(text, queryCharacters);
      if (this.#parameters) URLSearchParams.reread(this.#parameters, this.#parts.search);
    }
    get hash() { return this.#parts.hash; }
    set hash(value) {
      const text = String(value).replace(/^#/, '');
      this.#parts.hash = text && '#' + encodeBytes(text, fragmentCharacters);
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }
  define('URL', URL);

  // ---- the part of lodash's interface that transformations use most

  const pathOf = path => Array.isArray(path) ? path.map(String) : String(path).match(/[^.[\]]+/g)?.map(key => key.replace(/^(["'])(.*)\1$/, '$2')) ?? [];
  const get = (object, path, otherwise) => {
    let value = object;
    for (const key of pathOf(path)) value = value?.[key];
    return value === undefined ? otherwise : value;
  };
  const set = (object, path, value) => {
    const keys = pathOf(path);
    if (!isObject(object) || keys.length === 0) return object;
    if (keys.some(key => key === '__proto__' || key === 'constructor' || key === 'prototype')) return object;
    let target = object;
    keys.slice(0, -1).forEach((key, i) => {
      if (!isObject(target[key])) target[key] = /^\d+$/.test(keys[i + 1]) ? [] : {};
      target = target[key];
    });
    target[keys.at(-1)] = value;
    return object;
  };
  const has = (object, path) => {
    let value = object;
    return pathOf(path).every(key => isObject(value) && key in value && ((value = value[key]), true));
  };
  const remove = (object, keys) => {
    if (!isObject(object)) return object;
    const [key, ...rest] = keys;
    const copy = Array.isArray(object) ? [...object] : { ...object };
    if (rest.length === 0) delete copy[key];
    else if (isObject(copy[key])) copy[key] = remove(copy[key], rest);
    return copy;
  };
  define('_', {
    get,
    set,
    pick: (object, ...paths) => paths.flat().reduce((result, path) => has(object, path) ? set(result, path, get(object, path)) : result, {}),
    omit: (object, ...paths) => paths.flat().reduce((result, path) => remove(result, pathOf(path)), { ...object }),
  });

  const { then } = Promise.prototype;
  return { settle: (promise, succeed, fail) => { then.call(promise, succeed, fail); } };
})

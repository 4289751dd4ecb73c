// Plays a visitor in Chromium: node browse.js SCENARIO JSON. Prints what it observed as JSON.
const { chromium } = require('playwright-core');

// The buttons of the page. test-page.html defines what each of them sends.
const everyCall = ['page', 'track', 'identify', 'group', 'alias'];

// Like Safari after seven days.
function loseStorage() {
  localStorage.clear();
  sessionStorage.clear();
  for (const cookie of document.cookie.split('; ')) {
    for (const domain of ['', `; domain=${location.hostname.replace(/^www\./, '')}`]) document.cookie = `${cookie.split('=')[0]}=; path=/; max-age=0${domain}`;
  }
}

class Visit {
  constructor(page, { testPage, writeKey, sdk, mode = 'single' }) {
    Object.assign(this, { page, sdk, url: `${testPage}?${new URLSearchParams({ writeKey, sdk, mode })}`, answers: [] });
    page.on('response', (response) => this.answers.push(response));
    page.on('requestfailed', (request) => console.error(`${request.method()} ${request.url()} failed: ${request.failure()?.errorText}`));
    page.on('console', (message) => console.error(`console: ${message.text()}`));
  }

  async open() {
    await this.page.goto(this.url);
    await this.ready();
  }

  ready() {
    return this.page.locator('#state.good').waitFor();
  }

  click(call) {
    return this.page.click(`[data-call=${call}]`);
  }

  text(id) {
    return this.page.locator(`#${id}`).innerText();
  }

  // The events of all requests that were answered with this status.
  events(status) {
    return this.answers
      .filter((answer) => answer.request().method() === 'POST' && answer.status() === status)
      .flatMap((answer) => {
        const body = answer.request().postDataJSON();
        return body.batch ?? [body];
      });
  }

  statuses() {
    return this.answers.filter((answer) => answer.request().method() === 'POST').map((answer) => answer.status());
  }

  // Waits until the HttpOnly cookie has the anonymousId that the page shows.
  async remembered() {
    const id = await this.text('anonymous-id');
    await until(async () => (await this.cookie())?.value === id, `the cookie holds ${id}`);
    return id;
  }

  async cookie() {
    return (await this.page.context().cookies()).find((cookie) => cookie.httpOnly);
  }

  // Like the browser, while no page of the site is open.
  async forget(what) {
    await this.page.goto(`${new URL(this.url).origin}/health/live`);
    await this.page.evaluate(what);
    await this.open();
  }
}

async function playStory(visit, mode) {
  await visit.open();
  const before = await visit.text('anonymous-id');
  for (const call of everyCall) await visit.click(call);
  await visit.click('reset');
  await visit.click('track');
  const after = await visit.text('anonymous-id');
  if (mode === 'beacon') {
    await visit.page.evaluate(() => Promise.all(handled));
    const sent = visit.events(200);
    await visit.page.goto('about:blank');
    return { before, after, sent };
  }
  await until(() => visit.events(200).length >= everyCall.length + 1, 'every event is answered');
  return { before, after, sent: visit.events(200) };
}

const scenarios = {
  // The forms of the test page, which need no SDK.
  async forms({ page }, { testPage, writeKey }) {
    await page.goto(`${testPage}?${new URLSearchParams({ writeKey })}`);
    const untouched = { errors: await page.locator('.bad').count() };
    await page.fill('#sender [name=userId]', 'ada');
    const outputs = {};
    for (const type of ['identify', 'track', 'page', 'screen', 'group', 'alias']) {
      const form = page.locator(`form[data-type=${type}]`);
      await form.locator('button').click();
      await form.locator('output.good').waitFor();
      outputs[type] = await form.locator('output').innerText();
    }
    const track = page.locator('form[data-type=track]');
    await track.locator('textarea').fill('{');
    await track.locator('button').click();
    await track.locator('output.bad').waitFor();
    return {
      untouched,
      outputs,
      invalid: await track.locator('output').innerText(),
      anonymousId: await page.inputValue('#sender [name=anonymousId]'),
      requests: await page.locator('#log > li').count(),
      profile: await page.locator('#profile').innerText(),
    };
  },

  // The token of the profile API: given in the URL, and used after a reload.
  async apiToken({ page }, { testPage, writeKey }) {
    const asked = [];
    page.on('request', (request) => {
      if (request.url().includes('/profiles/')) asked.push(request.headers().authorization);
    });
    await page.goto(`${testPage}?${new URLSearchParams({ writeKey })}#apiToken=secret`);
    const url = page.url();
    const stored = await page.evaluate(() => Object.values(sessionStorage));
    await page.reload();
    await page.click('form[data-type=track] button');
    await until(() => asked.length > 0, 'the page asks for the profile');
    return { url, stored, asked };
  },

  // Every call, then another person's, in each of the ways in which the SDK sends.
  async story(visit, options, browser) {
    const told = {};
    for (const mode of ['single', 'batching', 'beacon']) {
      const page = await browser.newPage();
      told[mode] = await playStory(new Visit(page, { ...options, mode }), mode);
      // What is sent when the page is left outlives the page, but not the browser.
      if (mode === 'beacon') await yourTurn();
      await page.context().close();
    }
    return told;
  },

  // The SDK's storage is lost, then the id is reset, then the storage is lost again.
  async cookie(visit) {
    await visit.open();
    const first = { id: await visit.remembered(), from: await visit.text('origin') };
    const cookie = await visit.cookie();
    await visit.forget(loseStorage);
    const second = { id: await visit.text('anonymous-id'), from: await visit.text('origin') };
    await visit.click('track');
    await until(() => visit.events(200).length > 0, 'the event is answered');
    await visit.click('reset');
    await visit.page.goto('about:blank');
    await visit.open();
    const third = { id: await visit.remembered(), from: await visit.text('origin') };
    await visit.forget(loseStorage);
    const fourth = { id: await visit.text('anonymous-id'), from: await visit.text('origin') };
    return { first, second, third, fourth, cookie, sent: visit.events(200).map((event) => event.messageId), readable: await visit.page.evaluate(() => document.cookie) };
  },

  // reset() on a page that does not tell the server: the SDK's storage is empty, but nothing was forgotten.
  async unheardReset(visit) {
    await visit.open();
    const before = await visit.remembered();
    await visit.forget(() => {
      localStorage.removeItem('ajs_anonymous_id');
      document.cookie = 'ajs_anonymous_id=; path=/; max-age=0';
    });
    return { before, after: await visit.text('anonymous-id'), from: await visit.text('origin') };
  },

  // The server refuses for a while; the page does nothing about it.
  async retry(visit, { events, refusal }) {
    await visit.open();
    for (let i = 0; i < events; i++) await visit.click('track');
    await until(() => visit.statuses().includes(refusal), `${refusal} is answered`);
    await yourTurn();
    await until(() => new Set(visit.events(200).map((event) => event.messageId)).size >= events, 'every event is taken in the end', 40_000);
    return { sent: visit.events(200).map((event) => event.messageId), statuses: visit.statuses() };
  },

  // A source that is switched off: the SDK is to keep quiet.
  async disabled(visit) {
    await visit.page.goto(visit.url);
    await visit.page.locator('#state.bad').waitFor();
    await visit.page.evaluate(() => {
      if (sdk) sdk.track('Order Completed');
    });
    await visit.page.goto('about:blank');
    return { statuses: visit.statuses(), settings: visit.answers.filter((answer) => /settings|sourceConfig/.test(answer.url())).map((answer) => answer.status()) };
  },

  // The customer's page is www.NAME, we are events.NAME: another origin, the same site.
  async subdomain(visit, { site, html }) {
    const { page } = visit;
    await page.route(`${site}/**`, (route) => route.fulfill({ contentType: 'text/html', body: route.request().url().endsWith('/shop') ? html : '' }));
    const load = async () => {
      await page.goto(`${site}/shop`);
      await page.waitForFunction(() => window.result);
      return page.evaluate(() => window.result);
    };
    const first = await load();
    await until(() => visit.events(200).length >= 1, 'the event is answered');
    await until(async () => (await page.context().cookies()).some((cookie) => cookie.httpOnly && cookie.value === first.id), 'the cookie holds the id');
    await page.goto(`${site}/elsewhere`);
    await page.evaluate(loseStorage);
    const second = await load();
    await until(() => visit.events(200).length >= 2, 'the events are answered');
    return { first, second, sent: visit.events(200).map((event) => event.messageId), hosts: [...new Set(visit.answers.map((answer) => new URL(answer.url()).hostname))] };
  },

  // Images, as a mail has them.
  async pixel(visit, { urls }) {
    const { page } = visit;
    await page.goto(`${new URL(urls[0]).origin}/health/live`);
    await page.setContent(urls.map((url) => `<img src="${url.replaceAll('&', '&amp;')}">`).join(''), { waitUntil: 'load' });
    return page.$$eval('img', (images) => images.map((image) => ({ complete: image.complete, width: image.naturalWidth })));
  },
};

// Names for this machine, and no asking whether a page may reach it.
const hosts = ['--host-resolver-rules=MAP *.shop.test 127.0.0.1', '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC,BlockInsecurePrivateNetworkRequests'];

// Lets the test do its part, and waits until it has.
function yourTurn() {
  return new Promise((resolve) => {
    process.stdin.once('data', resolve);
    console.log('your turn');
  });
}

async function until(condition, what, bound = 15_000) {
  for (const end = Date.now() + bound; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (Date.now() > end) throw new Error(`not within ${bound} ms: ${what}`);
  }
}

async function main([name, json]) {
  const options = JSON.parse(json);
  const browser = await chromium.launch({ executablePath: options.chromium, args: ['--no-sandbox', '--disable-gpu', ...hosts] });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    console.log(JSON.stringify(await scenarios[name](new Visit(page, options), options, browser)));
  } finally {
    await browser.close();
    process.stdin.destroy();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

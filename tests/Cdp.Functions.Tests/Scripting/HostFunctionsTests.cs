using System.Globalization;
using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests.Scripting;

/// <summary>What functions find besides the language. Expected values of hashes and encodings are those of Node.js 20.</summary>
public sealed class HostFunctionsTests
{
    [Theory]
    [InlineData("btoa('Grüße')", "\"R3L832U=\"")]
    [InlineData("atob('R3L832U')", "\"Grüße\"")]
    [InlineData("[...new TextEncoder().encode('aé€😀')]", "[97,195,169,226,130,172,240,159,152,128]")]
    [InlineData("new TextDecoder().decode(new Uint8Array([97,195,169,255]))", "\"aé�\"")]
    [InlineData("new TextDecoder().decode(new Uint8Array([1,97,98,1]).buffer.slice(1, 3))", "\"ab\"")]
    [InlineData("crypto.createHash('md5').update('abc').digest('hex')", "\"900150983cd24fb0d6963f7d28e17f72\"")]
    [InlineData("crypto.createHash('SHA-1').update('a').update(new TextEncoder().encode('bc')).digest('hex')", "\"a9993e364706816aba3e25717850c26c9cd0d89d\"")]
    [InlineData("crypto.createHash('sha256').update('abc').digest('base64')", "\"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"")]
    [InlineData("crypto.createHash('sha512').update('').digest('hex').slice(0, 16)", "\"cf83e1357eefb8bd\"")]
    [InlineData("crypto.createHmac('sha256', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex')",
        "\"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8\"")]
    [InlineData("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "true")]
    [InlineData("structuredClone({ a: [new Date(0), new Map([[1, { b: 2 }]]).get(1)], s: [...new Set([1, 1])] })",
        "{\"a\":[\"1970-01-01T00:00:00.000Z\",{\"b\":2}],\"s\":[1]}")]
    [InlineData("(() => { const a = { n: 1 }; a.self = a; const b = structuredClone(a); b.n = 2; return [a.n, b.self === b, b !== a]; })()", "[1,true,true]")]
    [InlineData("await new Promise(done => { setTimeout(() => done('b'), 5); setTimeout(done, 0, 'a'); })", "\"a\"")]
    [InlineData("await new Promise(done => { const id = setTimeout(() => done('b'), 1); setTimeout(done, 20, 'a'); clearTimeout(id); })", "\"a\"")]
    [InlineData("_.get({ a: [{ b: 3 }] }, 'a[0].b')", "3")]
    [InlineData("_.get({ a: null }, ['a', 'b'], 'none')", "\"none\"")]
    [InlineData("_.set({}, 'a.b[1].c', 1)", "{\"a\":{\"b\":[null,{\"c\":1}]}}")]
    [InlineData("(_.set({}, '__proto__.bad', 1), ({}).bad === undefined)", "true")]
    [InlineData("_.pick({ a: 1, b: { c: 2, d: 3 } }, ['a', 'b.c', 'x'])", "{\"a\":1,\"b\":{\"c\":2}}")]
    [InlineData("_.omit({ a: 1, b: { c: 2, d: 3 } }, 'a', 'b.c')", "{\"b\":{\"d\":3}}")]
    public async Task Expression_OfAHostFunction_Is(string expression, string json) => Assert.Equal(json, (await Given.ValueAsync(expression)).GetRawText());

    [Theory]
    [InlineData("new URL('HTTPS://User:p%40ss@Example.COM:443/a/../b/./c d?q=1 2#frag')", "https://User:p%40ss@example.com/b/c%20d?q=1%202#frag")]
    [InlineData("new URL('../x?y#z', 'https://a.example/b/c/d')", "https://a.example/b/x?y#z")]
    [InlineData("new URL('?q', 'https://a.example/b/c')", "https://a.example/b/c?q")]
    [InlineData("new URL('', 'https://a.example/b?c#d')", "https://a.example/b?c")]
    [InlineData("new URL('//other.example', 'https://a.example/b')", "https://other.example/")]
    [InlineData("new URL('http://bücher.example/ü')", "http://xn--bcher-kva.example/%C3%BC")]
    [InlineData("new URL('http://[::1]:8080')", "http://[::1]:8080/")]
    [InlineData("new URL('mailto:ada@example.com')", "mailto:ada@example.com")]
    [InlineData("Object.assign(new URL('https://a.example/x'), { search: 'a=1', hash: 'h', pathname: 'p/q' })", "https://a.example/p/q?a=1#h")]
    public async Task Url_Href_IsNormalized(string expression, string href) => Assert.Equal(href, (await Given.ValueAsync(expression)).GetString());

    [Theory]
    [InlineData("new URL('no scheme')")]
    [InlineData("new URL('https://')")]
    [InlineData("new URL('https://a.example:70000')")]
    [InlineData("new URL('https://a b.example')")]
    public async Task Url_Invalid_Throws(string expression)
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(await Given.OutcomeAsync($"export function transformEvent() {{\n  return {expression}; }}"));
        Assert.StartsWith("TypeError: Invalid URL: ", failed.Reason, StringComparison.Ordinal);
        // The place is that of the function, not of the code that implements URL.
        Assert.Equal(("f", 2), (failed.Module, failed.Line));
    }

    [Theory]
    [InlineData("new URLSearchParams('?a=1&b=%20+x&a=2').getAll('a')", "[\"1\",\"2\"]")]
    [InlineData("new URLSearchParams({ q: 'a b&c', é: '*' }).toString()", "\"q=a+b%26c&%C3%A9=*\"")]
    [InlineData("[...new URLSearchParams([['b', 1], ['a', 2]])]", "[[\"b\",\"1\"],[\"a\",\"2\"]]")]
    [InlineData("(() => { const u = new URL('https://a.example/?x=1&y=2&x=3'); u.searchParams.set('x', 'é'); u.searchParams.delete('y'); return u.href; })()",
        "\"https://a.example/?x=%C3%A9\"")]
    [InlineData("new URLSearchParams('a=%zz&b').get('a')", "\"%zz\"")]
    public async Task UrlSearchParams_ReadAndWritten_IsForm(string expression, string json) =>
        Assert.Equal(json, (await Given.ValueAsync(expression)).GetRawText());

    [Fact]
    public async Task Clock_WithNowAndSeed_IsDetermined()
    {
        const string Code = "export function transformEvent() { return { now: Date.now(), iso: new Date(), random: Math.random(), id: crypto.randomUUID() }; }";
        var now = DateTimeOffset.Parse("2024-02-29T12:00:00.5Z", CultureInfo.InvariantCulture);
        var inputs = new[] { 1UL, 2UL, 1UL }.Select(seed => new EventInput("{}") { Now = now, Seed = seed }).ToArray();
        var outcomes = (await Given.RunAsync(new FunctionDefinition("f", Code), Given.Trusted, inputs)).Select(Given.Kept).ToList();
        Assert.StartsWith("""{"now":1709208000500,"iso":"2024-02-29T12:00:00.500Z","random":0.""", outcomes[0], StringComparison.Ordinal);
        Assert.Equal(outcomes[0], outcomes[2]);
        Assert.NotEqual(outcomes[0], outcomes[1]);
    }

    [Fact]
    public async Task Log_MoreThanItsLimit_IsCut()
    {
        var outcome = await Given.OutcomeAsync(
            "export function transformEvent() { for (let i = 0; i < 1000; i++) console.log('0123456789'); console.error('last'); return {}; }");
        Assert.Equal(4096, outcome.Log.Length);
        Assert.StartsWith("0123456789\n0123456789\n", outcome.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_OfOneEvent_IsNotThatOfTheNext()
    {
        var definition = new FunctionDefinition("f", "export function transformEvent(event) { if (event.n === 1) console.log('one'); return event; }");
        var outcomes = await Given.RunAsync(definition, Given.Trusted, new EventInput("""{"n":1}"""), new EventInput("""{"n":2}"""));
        Assert.Equal(["one", ""], outcomes.Select(outcome => outcome.Log));
    }

    [Fact]
    public async Task SetTimeout_LongerThanACall_IsRefused()
    {
        var failed = Assert.IsType<FunctionOutcome.Failed>(
            await Given.OutcomeAsync("export async function transformEvent() { setTimeout(() => {}, 6000); return {}; }"));
        Assert.Equal("Error: setTimeout: 6000 ms is more than the 5 s that a call may take", failed.Reason);
    }

    [Fact]
    public async Task Globals_OfTheHostAndOfDotNet_AreNotVisible() =>
        Assert.Equal(
            "[]",
            (await Given.ValueAsync("['host','contract','System','importNamespace','clrHelper','require','process'].filter(name => name in globalThis)"))
                .GetRawText());
}

using Cdp.Functions.Contracts;
using Xunit;

namespace Cdp.Functions.Tests;

/// <summary>What a hostile function may try. Each is the body of <c>transformEvent</c>.</summary>
internal static class Attacks
{
    /// <summary>One statement that takes minutes, in which the engine checks no limit.</summary>
    public const string Stall =
        "let n = 3n ** 600000n, m = (n = n * n, n = n * n, n = n * n, n = n * n, n = n * n, n = n * n, n = n * n, n = n * n, n = n * n);";

    /// <summary>Small, so that the tests are quick.</summary>
    public static readonly FunctionLimits Limits = new()
    {
        Time = TimeSpan.FromSeconds(3),
        Grace = TimeSpan.FromSeconds(1),
        Statements = 300_000,
    };

    /// <summary>Attacks that the engine stops by itself, in process, too: name, body, and what the failure says; null if the function goes on.</summary>
    public static readonly IReadOnlyDictionary<string, (string Body, string? Reason)> Caught = new Dictionary<string, (string, string?)>
    {
        ["loop"] = ("while (true) {}", "limit"),
        ["empty for"] = ("for (;;);", "limit"),
        ["try in loop"] = ("while (true) { try { while (true) {} } catch {} }", "limit"),
        ["try finally"] = ("try { while (true) {} } finally { while (true) {} }", "limit"),
        ["generator"] = ("function* g() { while (true) yield 1; } for (const n of g()) {}", "limit"),
        ["promises"] = ("return (async () => { while (true) await null; })();", "limit"),
        ["promise chain"] = ("const again = () => Promise.resolve().then(again); return again();", "limit"),
        ["promise never settled"] = ("return new Promise(() => {});", "never settled"),
        ["timers"] = ("return new Promise(() => { const again = () => setTimeout(again, 1); again(); });", "limit"),
        ["recursion"] = ("const f = () => f() + 1; return f();", "limit"),
        ["mutual recursion"] = ("const f = n => g(n) + 1, g = n => f(n) + 1; return f(1);", "limit"),
        ["string doubling"] = ("let s = 'x'; while (true) s += s;", "limit"),
        ["array growth"] = ("const a = []; while (true) a.push({ a });", "limit"),
        ["huge array"] = ("return { n: new Array(2 ** 31).fill(0).length };", "limit"),
        ["repeat"] = ("return { n: 'x'.repeat(2 ** 29).length };", ""),
        ["pad"] = ("return { n: 'x'.padEnd(2 ** 29).length };", ""),
        ["buffer"] = ("return { n: new ArrayBuffer(2 ** 31).byteLength };", ""),
        ["regex"] = ("return { n: /^(a+)+$/.test('a'.repeat(40) + '!') };", ""),
        ["eval"] = ("return { n: eval('1') };", "String compilation"),
        ["indirect eval"] = ("return { n: (0, eval)('1') };", "String compilation"),
        ["Function"] = ("return { n: new Function('return 1')() };", "String compilation"),
        ["constructor"] = ("return { n: (() => {}).constructor('return globalThis')() };", "String compilation"),
        ["import"] = ("return import('fs');", "not among its libraries"),
        ["toString recursion"] = ("const o = { toString() { return `${o}`; } }; return { n: `${o}` };", ""),
        ["JSON.parse depth"] = ("return JSON.parse('['.repeat(1e5) + ']'.repeat(1e5));", ""),
        ["Intl loop"] = ("while (true) new Intl.NumberFormat('de').format(1);", "limit"),
        ["poisoned prototypes"] = (
            "Object.prototype.toJSON = () => { while (true) {} }; Array.prototype.map = null; Promise.prototype.then = null; return {};", "limit"),
        ["frozen event"] = ("Object.freeze(Object.prototype); Object.freeze(Array.prototype); return Object.freeze({ n: 1 });", null),
        ["infinite getter"] = ("return { get a() { return { get a() { while (true) {} } }; } };", "limit"),
        ["proxy recursion"] = ("const r = new Proxy({}, { get: (t, k) => r[k] }); return { n: r.x };", "RangeError: Maximum call stack"),
        ["flat of a cycle"] = ("const a = []; a[0] = a; return { n: a.flat(Infinity).length };", "RangeError: Maximum call stack"),
        ["deep stringify"] = ("let a = {}; for (let i = 0; i < 100000; i++) a = { a }; return { n: JSON.stringify(a).length };", ""),
        ["self-made depth"] = ("return { toJSON() { return { again: this }; } };", "levels"),
    };

    /// <summary>Attacks that end or stall the engine's process.</summary>
    public static readonly IReadOnlyDictionary<string, string> Fatal = new Dictionary<string, string>
    {
        ["BigInt squaring"] = $"{Stall} return {{}};",
        ["typed array sort"] = "return { n: new Float64Array(3e7).sort().length };",
    };

    public static TheoryData<string> CaughtNames => [.. Caught.Keys];

    public static TheoryData<string> FatalNames => [.. Fatal.Keys];

    /// <summary>A function that attacks for the event with <c>"attack":true</c>, and keeps the others.</summary>
    public static FunctionDefinition Function(string body) =>
        new("attack", $"export function transformEvent(event) {{\n  if (!event.attack) return event;\n  {body}\n}}");
}
